using System.Buffers;
using System.Collections.Immutable;
using Understudy.Codecs;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Membership.Protocol;

namespace Understudy.Membership.Tests;

public sealed class MembershipCodecTests
{
    private static readonly MemberId N1 = new(new NodeId("n1"), new Incarnation(3, 0xA1A2A3A4A5A6A7A8));

    private static readonly MemberId N2 = new(new NodeId("n2"), new Incarnation(4, 0xB1B2B3B4B5B6B7B8));

    private static readonly Ballot Heirs = new(0, N1);

    private static readonly Ballot Later = new(2, N2);

    private static readonly View Sample = new(
        new ClusterId(new UInt128(1, 2)),
        new Epoch(7),
        0x1122334455667788,
        [new Acceptor(N1.Node, new DiskId(11)), new Acceptor(N2.Node, new DiskId(12))],
        [
            new Member(N1, new DiskId(11), NodeKind.Voter),
            new Member(N2, new DiskId(12), NodeKind.Witness),
            new Member(N1 with { Node = new NodeId("n4") }, new DiskId(14), NodeKind.NonVoter),
        ],
        [new Tombstone(new NodeId("n3"), 9)],
        N2,
        KernelGen.Utf8("attached"));

    private static readonly ImmutableArray<RemainingLease> Leases = [new(N2, TimeSpan.FromMilliseconds(250))];

    private static readonly MembershipMessage[] Samples =
    [
        new MembershipMessage.Heartbeat(
            123456789, new ClusterId(5), new Epoch(7), true, 21, 22, 23, true, true, [N1.Node, N2.Node],
            [
                new Accusation(N1, EvidenceClass.Left), new Accusation(N1, EvidenceClass.Broken),
                new Accusation(N2, EvidenceClass.Silent), new Accusation(N2, EvidenceClass.Stuck),
            ]),
        new MembershipMessage.HeartbeatAnswer(123456789, new Epoch(7), true),
        new MembershipMessage.Prepare(new Epoch(8), Later),
        new MembershipMessage.Promise(new Epoch(8), Later, Heirs, Sample),
        new MembershipMessage.Accept(new Epoch(8), Heirs, Sample),
        new MembershipMessage.Accepted(new Epoch(8), Heirs, 0x99AABBCCDDEEFF00, Leases),
        new MembershipMessage.Refused(new Epoch(8), Heirs, Later),
        new MembershipMessage.Decided(Sample, Leases),
        new MembershipMessage.PullView(new Epoch(6)),
        new MembershipMessage.Leave(),
        new MembershipMessage.CurrencyAsked(42, 17),
        new MembershipMessage.CurrencyAnswered(42, true),
    ];

    private static readonly CodecProbe<MembershipMessage> Probe = new(
        Encode,
        (ReadOnlyMemory<byte> body, out MembershipMessage? message, out string? reason) =>
            MembershipCodec.TryDecode(body.Span, out message, out reason));

    private static readonly CodecProbe<View> ViewProbe = new(
        MembershipCodec.EncodeView,
        (ReadOnlyMemory<byte> body, out View? view, out string? reason) =>
            TryRead(body, MembershipCodec.DecodeView, out view, out reason));

    private static readonly CodecProbe<AcceptorRecord> RecordProbe = new(
        MembershipCodec.EncodeAcceptor,
        (ReadOnlyMemory<byte> body, out AcceptorRecord? record, out string? reason) =>
            TryRead(body, MembershipCodec.DecodeAcceptor, out record, out reason));

    [Fact]
    public void The_bytes_of_every_message_are_as_agreed() => Probe.AreAsAgreed(Samples, "messages.txt");

    [Fact]
    public void The_bytes_of_a_view_are_as_agreed() => ViewProbe.AreAsAgreed([Sample], "view.txt");

    [Fact]
    public void The_bytes_of_an_acceptor_record_are_as_agreed() =>
        RecordProbe.AreAsAgreed([new AcceptorRecord(new Epoch(8), Later, Heirs, Sample, 31)], "acceptor.txt");

    [Fact]
    public void Every_message_but_the_internal_one_has_agreed_bytes() =>
        Samples.Select(each => each.GetType()).ShouldBe(
            typeof(MembershipMessage).GetNestedTypes().Where(type => type.IsSealed), ignoreOrder: true);

    [Fact]
    public void Every_message_returns_whole() => Probe.ReturnsWhole(MembershipGen.Messages);

    [Fact]
    public void Every_view_returns_whole() => ViewProbe.ReturnsWhole(MembershipGen.Views);

    [Fact]
    public void Every_acceptor_record_returns_whole() => RecordProbe.ReturnsWhole(MembershipGen.Records);

    [Fact]
    public void A_view_that_returns_has_the_same_hash() =>
        MembershipCodec.DecodeView(MembershipCodec.EncodeView(Sample)).Hash.ShouldBe(Sample.Hash);

    [Fact]
    public void Random_bytes_do_no_harm() => Probe.WithstandsRandomBytes();

    [Fact]
    public void Changed_bytes_do_no_harm() => Probe.WithstandsMutatedBytes(MembershipGen.Messages, Samples[0]);

    [Fact]
    public void A_message_that_ends_early_does_no_harm()
    {
        foreach (var message in Samples) Probe.WithstandsEveryPrefix(message);
    }

    [Fact]
    public void Stored_bytes_that_are_damaged_give_a_format_exception_and_no_other()
    {
        var bytes = MembershipCodec.EncodeAcceptor(new AcceptorRecord(new Epoch(8), Later, Heirs, Sample, 31));
        for (var place = 0; place < bytes.Length; place++)
        {
            byte[] damaged = [.. bytes[..place], 0xFF, .. bytes[(place + 1)..]];
            TryRead(damaged, MembershipCodec.DecodeAcceptor, out _, out _);
            TryRead(bytes.AsMemory(0, place), MembershipCodec.DecodeAcceptor, out _, out _);
        }

        Should.Throw<FormatException>(() => MembershipCodec.DecodeView([]));
        Should.Throw<FormatException>(() => MembershipCodec.DecodeView([0xFF]));
        Should.Throw<FormatException>(() => MembershipCodec.DecodeAcceptor([0xFF]));
    }

    // Heartbeats of empty accusations, of empty and of short names; an Accepted of empty leases.
    [Theory]
    [InlineData(0x0A, "5a00")]
    [InlineData(0x0A, "5200")]
    [InlineData(0x0A, "520131")]
    [InlineData(0x32, "2200")]
    public void A_list_of_nothing_costs_no_more_than_its_bytes_allow(byte tag, string element) =>
        Probe.WithstandsRepetition(tag, Convert.FromHexString(element), MembershipCodec.MaxBody);

    [Fact]
    public void A_body_is_one_message() =>
        Probe.Withstands([.. Encode(Samples[9]), .. Encode(Samples[9])])
            .ShouldBe("a membership message is not one field");

    [Fact]
    public void A_body_over_the_limit_is_refused_unread() =>
        Probe.Withstands(new byte[MembershipCodec.MaxBody + 1]).ShouldNotBeNull().ShouldContain("the limit is");

    [Theory]
    [InlineData("7a00", "a membership message of an unknown kind")]
    [InlineData("1a00", "a ballot is missing")]
    [InlineData("1a020800", "a ballot is missing")]
    [InlineData("1a021200", "a member's identity is missing")]
    [InlineData("1a04120212001a", "a membership message is not one field")]
    [InlineData("1a0412021200", "a node's name has 0 characters")]
    [InlineData("4200", "a view is missing")]
    [InlineData("4a0a08ffffffffffffffff7f", null)]
    [InlineData("4a0b08ffffffffffffffffff01", "the epoch -1 is negative")]
    [InlineData("0a0a5a080a060a026e312000", "an accusation has the unknown evidence 0")]
    [InlineData("0a0a5a080a040a026e311005", "an accusation has the unknown evidence 5")]
    [InlineData("220d12060a0012020a611a031202", null)]
    public void A_message_that_lacks_something_is_refused_by_name(string hex, string? expected)
    {
        var reason = Probe.Withstands(Convert.FromHexString(hex));
        if (expected is not null) reason.ShouldBe(expected);
    }

    [Fact]
    public void An_acceptance_is_whole_or_none()
    {
        var half = new MembershipMessage.Promise(new Epoch(1), Heirs, Heirs, null);
        Probe.Withstands(Encode(half)).ShouldBe("an acceptance is half missing");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public void A_lease_that_nobody_can_have_granted_is_refused(long ticks)
    {
        var lease = new RemainingLease(N1, TimeSpan.FromTicks(ticks));
        Probe.Withstands(Encode(new MembershipMessage.Decided(Sample, [lease])))
            .ShouldBe($"a lease of {ticks} ticks is out of range");
    }

    [Fact]
    public void An_unknown_field_is_ignored()
    {
        byte[] leaveWithMore = [0x52, 0x03, 0xA0, 0x06, 0x01];
        MembershipCodec.TryDecode(leaveWithMore, out var message, out _).ShouldBeTrue();
        message.ShouldBeOfType<MembershipMessage.Leave>();
    }

    [Fact]
    public void What_a_node_tells_itself_never_goes_on_the_wire()
    {
        var internalType = typeof(MembershipMessage).GetNestedType(
            "RecordsDurable", System.Reflection.BindingFlags.NonPublic)!;
        var message = (MembershipMessage)Activator.CreateInstance(internalType, 1UL)!;
        Should.Throw<ArgumentException>(() => Encode(message));
    }

    private static byte[] Encode(MembershipMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        MembershipCodec.Encode(message, output);
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
