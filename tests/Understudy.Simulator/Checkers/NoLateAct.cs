using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Simulator.Clients;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// A predecessor answers nothing that a client asked after its successor was active, and its own win is not confirmed
/// wholly after. The client asked when it first sent the operation: what was answered to an attempt before may be
/// said again to a later one. A win that was confirmed before may come late: that is harmless. Between two lineages
/// nobody seals, and the view lease alone keeps them apart: of clocks that stood still nothing is promised then.
/// </summary>
internal sealed class NoLateAct(SimulatedCluster cluster, Activations activations) : Checker
{
    private readonly Dictionary<ServiceName, SortedDictionary<ConfigurationVersion, (NodeId By, long Since)>>
        _active = [];

    private readonly SortedDictionary<ConfigurationVersion, (NodeId By, long Since)> _wins = [];

    public override void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        switch (happening)
        {
            case NodeEvent.PrimaryActivated activated:
                if (!_active.TryGetValue(activated.Service, out var active))
                {
                    _active.Add(activated.Service, active = []);
                }

                active.TryAdd(activated.Version, (node.Member.Node, cluster.Now));
                break;
            case NodeEvent.SelectionWon won:
                CheckWin(node, won);
                _wins.TryAdd(won.Version, (node.Member.Node, cluster.Now));
                break;
        }
    }

    public override void OnAnswer(SimulatedNode gateway, Attempt attempt, Reply reply)
    {
        if (reply.Outcome != ReplyOutcome.Answered || reply.Node is not { } answerer) return;
        if (cluster.Scenario.IsPeriodic(attempt.Operation.Service)) return; // Its bound says what that may cost.
        if (!_active.TryGetValue(attempt.Operation.Service, out var active)) return;
        foreach (var (version, (successor, since)) in active)
        {
            if (version <= reply.Version || successor == answerer || since >= attempt.Operation.CalledAt) continue;
            var isOtherLineage = activations.LineageOf(attempt.Operation.Service, version)
                != activations.LineageOf(attempt.Operation.Service, reply.Version);
            if (isOtherLineage && StoodStill(answerer, since)) continue;
            Fail($"{answerer} answered {attempt.Operation} in version {reply.Version}, "
                + $"but it was asked after {successor} was active in version {version}");
        }
    }

    /// <summary>
    /// A win that nothing confirmed counts as confirmed when it comes: then it may only come before its successor's.
    /// </summary>
    private void CheckWin(SimulatedNode node, NodeEvent.SelectionWon won)
    {
        var askedAt = won.ConfirmedSince is { } since
            ? cluster.Now - node.Clock.TrueDuration(node.OwnNow - since)
            : cluster.Now;
        // While the clock stood still more time passed than it shows: the question may be older.
        if (won.ConfirmedSince is not null && node.Clock.LastStopEnded >= askedAt) return;
        foreach (var (version, (successor, activeSince)) in _wins)
        {
            if (version <= won.Version || successor == node.Member.Node || activeSince >= askedAt - Rounding) continue;
            Fail($"{node.Member} won version {won.Version} of the RM's primary, and what confirmed it was asked "
                + $"after {successor} had won version {version}");
        }
    }

    private bool StoodStill(NodeId node, long since)
    {
        var clock = cluster.Nodes[cluster.IndexOf(node)].Clock;
        return clock.LastStopEnded >= since - (2 * cluster.Scenario.Cluster.Profile.Silence.Ticks);
    }

    /// <summary>What turning a node's own time into true time may be wrong by, in ticks.</summary>
    private const long Rounding = 10;
}
