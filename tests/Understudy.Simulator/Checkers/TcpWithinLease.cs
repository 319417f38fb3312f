using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// A node whose view lease has ended, or whose incarnation has, carries no bytes of TCP connections: so one that is cut
/// off does not go on with an old primary's backend for longer than its lease.
/// </summary>
internal sealed class TcpWithinLease : Checker
{
    public override void OnForwarder(SimulatedForwarder forwarder)
    {
        var (spliced, node) = (forwarder.Counts.Spliced, forwarder.Node);
        if (node.Core is not { } core)
        {
            if (spliced > 0) Fail($"{node.Option.Id} is between two incarnations and has {spliced} connections open");
            return;
        }

        var over = node.OwnNow - core.LeaseUntil;
        if (over <= TimeSpan.Zero || spliced == 0 || forwarder.IsExcused(over)) return;
        Fail($"{node.Member} has {spliced} connections open, and its lease ended {over} ago");
    }
}
