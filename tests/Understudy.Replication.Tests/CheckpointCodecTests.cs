using System.Buffers;
using Understudy.Codecs;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests;

public sealed class CheckpointCodecTests
{
    private static readonly ReplicationMessage[] Samples = ReplicationSamples.Bulk;

    private static readonly CodecProbe<ReplicationMessage> Probe = new(Encode, CheckpointCodec.TryDecode);

    [Fact]
    public void The_bytes_of_every_bulk_message_are_as_agreed() => Probe.AreAsAgreed(Samples, "bulk.txt");

    [Fact]
    public void Every_bulk_message_returns_whole() => Probe.ReturnsWhole(ReplicationGen.Bulk);

    [Fact]
    public void Random_bytes_do_no_harm() => Probe.WithstandsRandomBytes();

    [Fact]
    public void Changed_bytes_do_no_harm() => Probe.WithstandsMutatedBytes(ReplicationGen.Bulk, Samples[0]);

    [Fact]
    public void A_message_that_ends_early_is_refused()
    {
        foreach (var message in Samples)
        {
            var bytes = Encode(message);
            for (var length = 0; length < bytes.Length; length++)
                Probe.Withstands(bytes[..length]).ShouldNotBeNull($"{length} bytes of {message}");
        }
    }

    [Fact]
    public void Bytes_left_over_are_damage()
    {
        foreach (var message in Samples) Probe.Withstands([.. Encode(message), 0]).ShouldNotBeNull();
    }

    [Fact]
    public void A_count_of_entries_that_cannot_be_is_refused_before_anything_is_allocated_for_it()
    {
        var bytes = Encode(Samples[0]);
        bytes.AsSpan(8, 4).Fill(0xFF);
        Probe.Withstands(bytes).ShouldBe("an append claims 4294967295 entries in 43 bytes");
    }

    [Fact]
    public void An_entry_that_claims_more_than_there_is_is_refused()
    {
        var bytes = Encode(Samples[0]);
        bytes.AsSpan(bytes.Length - 4).Fill(0xFF);
        Probe.Withstands(bytes).ShouldBe("entry 2 of an append is damaged");
    }

    [Fact]
    public void A_snapshots_part_is_within_its_total()
    {
        var part = (ReplicationMessage.SnapshotPart)Samples[2];
        Probe.Withstands(Encode(part with { Offset = part.Total - part.Bytes.Length })).ShouldBeNull();
        Probe.Withstands(Encode(part with { Offset = part.Total - part.Bytes.Length + 1 })).ShouldNotBeNull();
        Probe.Withstands(Encode(part with { Offset = long.MaxValue })).ShouldNotBeNull();
        Probe.Withstands(Encode(part with { Total = 0, Offset = 0 })).ShouldNotBeNull();
    }

    [Theory]
    [InlineData(0, 0, 7, "a bulk message of the unknown kind 7")]
    [InlineData(0, 0, 0, "a bulk message of the unknown kind 0")]
    [InlineData(1, 1, 2, "the flags 2 of Appended are unknown")]
    [InlineData(4, 1, 4, "the flags 4 of Request are unknown")]
    [InlineData(5, 1, 4, "the flags 4 of Answer are unknown")]
    [InlineData(4, 1, 1, "a key in Request that has none")]
    [InlineData(1, 2, 0, "a name is missing in Appended")]
    [InlineData(1, 3, 2, "the second name of Appended has 2 bytes")]
    [InlineData(4, 3, 0, "the second name of Request has 0 bytes")]
    [InlineData(1, 4, 2, "a key in Appended that has none")]
    [InlineData(1, 6, 1, "reserved bytes of Appended are in use")]
    [InlineData(1, 15, 1, "reserved bytes of Appended are in use")]
    [InlineData(1, 23, 0x80, "number 1 of Appended is negative")]
    [InlineData(2, 8, 5, "SnapshotPart claims 5 bytes and has 4")]
    [InlineData(1, 8, 1, "Appended claims 1 bytes and has 0")]
    [InlineData(1, 40, 0xFF, "a text in Appended is not UTF-8")]
    public void A_damaged_header_is_refused_by_name(int sample, int place, byte value, string expected)
    {
        var bytes = Encode(Samples[sample]);
        bytes[place] = value;
        // The names' lengths and the end must still fit together for the finer faults to be seen.
        Probe.Withstands([.. bytes, .. new byte[place is 3 or 4 ? 2 : 0]]).ShouldBe(expected);
    }

    [Fact]
    public void An_empty_key_is_not_the_same_as_none()
    {
        var request = (ReplicationMessage.Request)Samples[4];
        Decode(Encode(request with { Key = "" })).ShouldBeOfType<ReplicationMessage.Request>().Key.ShouldBe("");
        Decode(Encode(request with { Key = null })).ShouldBeOfType<ReplicationMessage.Request>().Key.ShouldBeNull();
    }

    [Fact]
    public void Payloads_are_slices_of_the_body_and_no_copies()
    {
        var bytes = Encode(Samples[0]);
        var before = ((ReplicationMessage.Append)Decode(bytes)).Entries[0].Payload;
        bytes.AsSpan().Replace((byte)'o', (byte)'0');
        before.Span.SequenceEqual("0ne"u8).ShouldBeTrue();
    }

    [Fact]
    public void A_name_or_key_over_its_limit_is_not_written()
    {
        var request = (ReplicationMessage.Request)Samples[4];
        var longest = new string('k', CheckpointCodec.MaxKeyBytes);
        Probe.Withstands(Encode(request with { Key = longest })).ShouldBeNull();
        Should.Throw<ArgumentException>(() => Encode(request with { Key = longest + "k" }));
        var name = new ServiceName(new string('s', CheckpointCodec.MaxNameBytes + 1));
        Should.Throw<ArgumentException>(() => Encode(request with { Service = name }));
    }

    [Fact]
    public void A_control_message_is_no_bulk_message()
    {
        foreach (var message in ReplicationSamples.Control)
        {
            CheckpointCodec.Carries(message).ShouldBeFalse();
            Should.Throw<ArgumentException>(() => Encode(message));
        }

        Samples.ShouldAllBe(message => CheckpointCodec.Carries(message));
    }

    private static ReplicationMessage Decode(byte[] bytes)
    {
        CheckpointCodec.TryDecode(bytes, out var message, out var reason).ShouldBeTrue(reason);
        return message!;
    }

    private static byte[] Encode(ReplicationMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        CheckpointCodec.Encode(message, output);
        return output.WrittenSpan.ToArray();
    }
}
