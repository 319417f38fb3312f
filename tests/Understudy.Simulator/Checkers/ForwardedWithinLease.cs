using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// A node whose view lease has ended, or whose incarnation has, carries no bytes of TCP connections, sends no request
/// to a backend and hands no answer on: so one that is cut off does not go on with an old primary's backend for longer
/// than its lease.
/// </summary>
internal sealed class ForwardedWithinLease : Checker
{
    public override void OnPassage(SimulatedForwarder forwarder, Passage passage)
    {
        var node = forwarder.Node;
        if (node.Core is { } core && node.OwnNow < core.LeaseUntil) return;
        Fail($"{node.Option.Id} goes on with {passage} without a lease");
    }

    public override void OnForwarder(SimulatedForwarder forwarder)
    {
        var open = 0;
        foreach (var passage in forwarder.Passages.Values) open += passage.IsOpen ? 1 : 0;
        if (open > 0 && forwarder.WhyWithoutLease() is { } why)
            Fail($"{forwarder.Node.Option.Id} has {open} at backends, and {why}");
    }
}
