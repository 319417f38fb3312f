using System.Buffers;
using Understudy.Codecs;
using Understudy.Kernel;
using Understudy.Selection;
using Understudy.Selection.Protocol;

namespace Understudy.Selection.Tests;

public sealed class SelectionCodecTests
{
    private static readonly ConfigurationVersion Version = new(9);

    private static readonly MemberId N1 = new(new NodeId("n1"), new Incarnation(3, 0xA1A2A3A4A5A6A7A8));

    private static readonly Rank Highest =
        new(true, new ConfigurationVersion(8), new ConfigurationVersion(7), 600, -5, N1.Node);

    private static readonly RmConfiguration Sample = new(
        Version,
        new Lineage(2),
        [new RegistryCopy(N1.Node, new DiskId(11)), new RegistryCopy(new NodeId("n2"), new DiskId(12))]);

    private static readonly SelectionMessage[] Samples =
    [
        new SelectionMessage.Disqualify(Version, Highest),
        new SelectionMessage.Yield(Version, new ConfigurationVersion(7), 600),
        new SelectionMessage.Higher(Version, N1, Highest),
        new SelectionMessage.Stale(Version),
        new SelectionMessage.Elected(Version),
    ];

    private static readonly CodecProbe<SelectionMessage> Probe = new(
        Encode,
        (ReadOnlyMemory<byte> body, out SelectionMessage? message, out string? reason) =>
            SelectionCodec.TryDecode(body.Span, out message, out reason));

    private static readonly CodecProbe<RmConfiguration> ConfigurationProbe = new(
        SelectionCodec.EncodeConfiguration,
        (ReadOnlyMemory<byte> body, out RmConfiguration? configuration, out string? reason) =>
            SelectionCodec.TryDecodeConfiguration(body.Span, out configuration, out reason));

    [Fact]
    public void The_bytes_of_every_message_are_as_agreed() => Probe.AreAsAgreed(Samples, "messages.txt");

    [Fact]
    public void The_bytes_of_a_configuration_are_as_agreed() =>
        ConfigurationProbe.AreAsAgreed([Sample, Sample with { Preferred = Sample.InSync[1] }], "configuration.txt");

    [Fact]
    public void Every_message_has_agreed_bytes() =>
        Samples.Select(each => each.GetType()).ShouldBe(
            typeof(SelectionMessage).GetNestedTypes().Where(type => type.IsSealed), ignoreOrder: true);

    [Fact]
    public void Every_message_returns_whole() => Probe.ReturnsWhole(SelectionGen.Messages);

    [Fact]
    public void Every_configuration_returns_whole() => ConfigurationProbe.ReturnsWhole(SelectionGen.Configurations);

    [Fact]
    public void Random_bytes_do_no_harm()
    {
        Probe.WithstandsRandomBytes();
        ConfigurationProbe.WithstandsRandomBytes();
    }

    [Fact]
    public void Changed_bytes_do_no_harm()
    {
        Probe.WithstandsMutatedBytes(SelectionGen.Messages, Samples[0]);
        ConfigurationProbe.WithstandsMutatedBytes(SelectionGen.Configurations, Sample);
    }

    [Fact]
    public void A_message_that_ends_early_does_no_harm()
    {
        foreach (var message in Samples) Probe.WithstandsEveryPrefix(message);
    }

    [Fact]
    public void A_body_is_one_message() =>
        Probe.Withstands([.. Encode(Samples[3]), .. Encode(Samples[3])])
            .ShouldBe("a selection message is not one field");

    [Fact]
    public void A_body_over_the_limit_is_refused_unread() =>
        Probe.Withstands(new byte[SelectionCodec.MaxBody + 1]).ShouldNotBeNull().ShouldContain("the limit is");

    [Theory]
    [InlineData("3200", "a selection message of an unknown kind")]
    [InlineData("0a00", "a rank is missing")]
    [InlineData("0a021200", "a node's name has 0 characters")]
    [InlineData("1a00", "a candidate is missing")]
    [InlineData("220b08ffffffffffffffffff01", "the version -1 is negative")]
    [InlineData("120b18ffffffffffffffffff01", "the sequence -1 is negative")]
    public void A_message_that_lacks_something_is_refused_by_name(string hex, string expected) =>
        Probe.Withstands(Convert.FromHexString(hex)).ShouldBe(expected);

    [Fact]
    public void The_longest_names_are_no_message_over_the_limit()
    {
        var longest = new NodeId(new string('日', NodeId.MaxLength));
        var message = new SelectionMessage.Higher(
            new ConfigurationVersion(long.MaxValue),
            new MemberId(longest, new Incarnation(ulong.MaxValue, ulong.MaxValue)),
            Highest with { Node = longest, LastSequence = long.MaxValue, Priority = int.MinValue });

        Encode(message).Length.ShouldBeLessThan(SelectionCodec.MaxBody);
        Probe.Withstands(Encode(message)).ShouldBeNull();
    }

    [Fact]
    public void An_attachment_that_is_damaged_gives_a_format_exception() =>
        Should.Throw<FormatException>(() => SelectionCodec.DecodeConfiguration([0x1A, 0x02, 0x0A, 0x00]))
            .Message.ShouldBe("A view's attachment: a copy's disk is missing.");

    [Fact]
    public void An_attachment_of_no_bytes_is_the_configuration_before_the_first_start()
    {
        var blank = SelectionCodec.DecodeConfiguration([]);

        blank.Version.ShouldBe(ConfigurationVersion.None);
        blank.Lineage.ShouldBe(new Lineage(0));
        blank.InSync.ShouldBeEmpty();
        SelectionCodec.EncodeConfiguration(blank).ShouldBeEmpty();
    }

    private static byte[] Encode(SelectionMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        SelectionCodec.Encode(message, output);
        return output.WrittenSpan.ToArray();
    }
}
