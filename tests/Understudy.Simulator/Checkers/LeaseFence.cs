using Understudy.Protocol;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// When a node says that an evicted member's fence has passed, that member's lease has ended on its own clock. A clock
/// that stood still is outside the promise (agreement.md 1.6): safety of state does not rest on it.
/// </summary>
internal sealed class LeaseFence(SimulatedCluster cluster) : Checker
{
    /// <summary>After a clock has run again for this long, no lease from before the stop is left.</summary>
    private static readonly long StopForgotten = TimeSpan.FromSeconds(2).Ticks;

    public override void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        if (happening is not NodeEvent.FencePassed { Member: var member }) return;

        var holder = cluster.Nodes[cluster.IndexOf(member.Node)];
        if (holder.Core is not { } core || holder.Member != member) return;
        if (holder.Clock.IsStopped || cluster.Now - holder.Clock.LastStopEnded < StopForgotten) return;
        if (core.LeaseUntil <= holder.OwnNow) return;
        Fail($"{node.Member} says the fence of {member} has passed, whose lease runs until {core.LeaseUntil} "
            + $"by its own clock, where it is {holder.OwnNow}");
    }
}
