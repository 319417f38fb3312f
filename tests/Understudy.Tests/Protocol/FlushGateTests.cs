using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication.Protocol;

namespace Understudy.Tests.Protocol;

public class FlushGateTests
{
    private static readonly MemberId _n2 = new(new NodeId("n2"), new Incarnation(1, 2));

    private readonly FlushGate _gate = new();

    [Fact]
    public void Nothing_is_held_when_nothing_is_being_written()
    {
        _gate.IsWaiting.ShouldBeFalse();
        _gate.TryHold(_n2, Message(1)).ShouldBeFalse();
    }

    [Fact]
    public void A_message_waits_for_the_writes_before_it_and_for_no_later_ones()
    {
        var first = _gate.Issue();
        _gate.TryHold(_n2, Message(1)).ShouldBeTrue();
        var second = _gate.Issue();
        _gate.TryHold(_n2, Message(2)).ShouldBeTrue();

        Released(first).ShouldBe([1]);
        _gate.IsWaiting.ShouldBeTrue();
        Released(second).ShouldBe([2]);
        _gate.IsWaiting.ShouldBeFalse();
    }

    [Fact]
    public void Messages_leave_in_the_order_in_which_they_were_held()
    {
        _gate.Issue();
        for (var i = 1; i <= 3; i++) _gate.TryHold(_n2, Message(i));
        var last = _gate.Issue();
        for (var i = 4; i <= 5; i++) _gate.TryHold(_n2, Message(i));

        Released(last).ShouldBe([1, 2, 3, 4, 5], "a flush covers all writes before it");
    }

    [Fact]
    public void A_flush_that_was_overtaken_releases_nothing_and_takes_nothing_back()
    {
        var first = _gate.Issue();
        var second = _gate.Issue();
        _gate.TryHold(_n2, Message(1));
        Released(second).ShouldBe([1]);

        Released(first).ShouldBeEmpty();
        _gate.Flushed.ShouldBe(second);
    }

    [Fact]
    public void What_was_never_written_cannot_be_flushed()
    {
        var ticket = _gate.Issue();
        Should.Throw<InvariantViolationException>(() => _gate.Release(ticket + 1));
    }

    private static ReplicationMessage.MapTaken Message(long number) => new(new ConfigurationVersion(1), number);

    private List<long> Released(long ticket) =>
        [.. _gate.Release(ticket).Select(held => ((ReplicationMessage.MapTaken)held.Message).Sequence)];
}
