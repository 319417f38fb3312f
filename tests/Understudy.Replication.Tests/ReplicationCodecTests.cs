using System.Buffers;
using Understudy.Codecs;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests;

public sealed class ReplicationCodecTests
{
    private static readonly ReplicationMessage[] Samples = ReplicationSamples.Control;

    private static readonly CodecProbe<ReplicationMessage> Probe = new(
        Encode,
        (ReadOnlyMemory<byte> body, out ReplicationMessage? message, out string? reason) =>
            ReplicationCodec.TryDecode(body.Span, out message, out reason));

    private static readonly CodecProbe<ServiceDefinition> DefinitionProbe = new(
        ReplicationCodec.EncodeDefinition,
        (ReadOnlyMemory<byte> bytes, out ServiceDefinition? definition, out string? reason) =>
            TryRead(bytes, ReplicationCodec.DecodeDefinition, out definition, out reason));

    private static readonly CodecProbe<ServiceEntry> EntryProbe = new(
        ReplicationCodec.EncodeServiceEntry,
        (ReadOnlyMemory<byte> bytes, out ServiceEntry? entry, out string? reason) =>
            TryRead(bytes, ReplicationCodec.DecodeServiceEntry, out entry, out reason));

    [Fact]
    public void The_bytes_of_every_control_message_are_as_agreed() => Probe.AreAsAgreed(Samples, "control.txt");

    [Fact]
    public void The_bytes_of_a_definition_are_as_agreed() =>
        DefinitionProbe.AreAsAgreed(
            [
                ReplicationSamples.Definition, ReplicationSamples.Ruled, ReplicationSamples.Exclusive,
                ReplicationSamples.Periodic,
            ],
            "definition.txt");

    [Fact]
    public void An_interval_that_no_service_may_have_is_refused() => Should.Throw<FormatException>(() =>
        ReplicationCodec.DecodeDefinition(ReplicationCodec.EncodeDefinition(
            ReplicationSamples.Periodic with { CheckpointEvery = TimeSpan.FromMilliseconds(9) })))
        .Message.ShouldContain("checkpoints every 00:00:00.0090000");

    [Fact]
    public void The_bytes_of_a_service_entry_are_as_agreed() =>
        EntryProbe.AreAsAgreed(
        [ReplicationSamples.Entry, ReplicationSamples.Planned, ReplicationSamples.Left], "entry.txt");

    [Fact]
    public void Every_message_has_agreed_bytes_as_control_or_as_bulk() =>
        Samples.Concat(ReplicationSamples.Bulk).Select(each => each.GetType()).Distinct().ShouldBe(
            typeof(ReplicationMessage).GetNestedTypes().Where(type => type.IsSealed), ignoreOrder: true);

    [Fact]
    public void Every_control_message_returns_whole() => Probe.ReturnsWhole(ReplicationGen.Control);

    [Fact]
    public void Every_definition_returns_whole() => DefinitionProbe.ReturnsWhole(ReplicationGen.Definitions);

    [Fact]
    public void Every_service_entry_returns_whole() => EntryProbe.ReturnsWhole(ReplicationGen.Entries);

    [Fact]
    public void Random_bytes_do_no_harm() => Probe.WithstandsRandomBytes();

    [Fact]
    public void Changed_bytes_do_no_harm() => Probe.WithstandsMutatedBytes(ReplicationGen.Control, Samples[0]);

    [Fact]
    public void A_message_that_ends_early_does_no_harm()
    {
        foreach (var message in Samples) Probe.WithstandsEveryPrefix(message);
    }

    // A progress of empty nodes; a map of empty entries, given as one map and as a map for each.
    [Theory]
    [InlineData(0x22, "1a00")]
    [InlineData(0x12, "0a021a00")]
    [InlineData(0x12, "0a0c1a001a001a001a001a001a00")]
    [InlineData(0x12, "0a121a1012102a002a002a002a002a002a002a002a00")]
    [InlineData(0x12, "0a041a021a00")]
    [InlineData(0x12, "0a0a1a080a06320032003200")]
    [InlineData(0x12, "0a022200")]
    [InlineData(0x12, "0a061a041a020a00")]
    public void A_list_of_nothing_costs_no_more_than_its_bytes_allow(byte tag, string element) =>
        Probe.WithstandsRepetition(tag, Convert.FromHexString(element), ReplicationCodec.MaxBody);

    [Fact]
    public void A_body_is_one_message() =>
        Probe.Withstands([.. Encode(Samples[4]), .. Encode(Samples[4])])
            .ShouldBe("a replication message is not one field");

    [Fact]
    public void A_body_over_the_limit_is_refused_unread() =>
        Probe.Withstands(new byte[ReplicationCodec.MaxBody + 1]).ShouldNotBeNull().ShouldContain("the limit is");

    [Fact]
    public void A_map_of_three_hundred_services_is_within_the_limit()
    {
        var services = Enumerable.Range(100, 300).Select(number => Renamed($"service-{number}"));
        var map = new ServiceMap(new ConfigurationVersion(5), 60, [.. services]);

        Probe.Withstands(Encode(new ReplicationMessage.MapPushed(map))).ShouldBeNull();
    }

    [Theory]
    [InlineData("4200", "a replication message of an unknown kind")]
    [InlineData("1200", "a map is missing")]
    [InlineData("12040a021a00", "a definition is missing")]
    [InlineData("12060a041a020a00", "a kind has 0 characters")]
    [InlineData("0a00", "a service's name has 0 characters")]
    [InlineData("0a040a026b76", "a provider or its disk is missing")]
    [InlineData("0a080a026b761a021200", "a member's identity is missing")]
    [InlineData("22021a00", "a member's identity is missing")]
    [InlineData("22041a021065", "a progress of 101 percent")]
    [InlineData("1a0b08ffffffffffffffffff01", "the number -1 is negative")]
    public void A_message_that_lacks_something_is_refused_by_name(string hex, string expected) =>
        Probe.Withstands(Convert.FromHexString(hex)).ShouldBe(expected);

    [Fact]
    public void An_entry_is_of_one_service()
    {
        var mixed = ReplicationSamples.Entry with { Definition = Renamed("other").Definition };
        Should.Throw<FormatException>(
                () => ReplicationCodec.DecodeServiceEntry(ReplicationCodec.EncodeServiceEntry(mixed)))
            .Message.ShouldBe("A stored service entry: an entry is of two services.");
    }

    [Fact]
    public void Stored_bytes_that_are_damaged_give_a_format_exception_and_no_other()
    {
        var bytes = ReplicationCodec.EncodeServiceEntry(ReplicationSamples.Entry);
        for (var place = 0; place < bytes.Length; place++)
        {
            byte[] damaged = [.. bytes[..place], 0xFF, .. bytes[(place + 1)..]];
            TryRead(damaged, ReplicationCodec.DecodeServiceEntry, out _, out _);
            TryRead(damaged, ReplicationCodec.DecodeDefinition, out _, out _);
            TryRead(bytes.AsMemory(0, place), ReplicationCodec.DecodeServiceEntry, out _, out _);
        }

        Should.Throw<FormatException>(() => ReplicationCodec.DecodeDefinition([]));
        Should.Throw<FormatException>(() => ReplicationCodec.DecodeServiceEntry([]));
    }

    [Fact]
    public void A_bulk_message_is_no_control_message()
    {
        foreach (var message in ReplicationSamples.Bulk) Should.Throw<ArgumentException>(() => Encode(message));
    }

    private static ServiceEntry Renamed(string name)
    {
        var service = new ServiceName(name);
        var sample = ReplicationSamples.Entry;
        var inSync = sample.Configuration.InSync.Add(
            new Provider(ReplicationSamples.N2 with { Node = new NodeId("n3") }, new DiskId(new UInt128(8, 9))));
        return new ServiceEntry(
            sample.Definition with { Name = service },
            sample.Configuration with { Service = service, InSync = inSync })
        {
            Placement = [.. inSync.Select(p => p.Member.Node)],
        };
    }

    private static byte[] Encode(ReplicationMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        ReplicationCodec.Encode(message, output);
        return output.WrittenSpan.ToArray();
    }

    private delegate T Read<T>(ReadOnlySpan<byte> bytes);

    private static bool TryRead<T>(ReadOnlyMemory<byte> bytes, Read<T> read, out T? result, out string? reason)
    {
        result = default;
        reason = null;
        try
        {
            result = read(bytes.Span);
            return true;
        }
        catch (FormatException damage)
        {
            reason = damage.Message;
            return false;
        }
    }
}
