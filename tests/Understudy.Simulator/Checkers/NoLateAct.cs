using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Simulator.Clients;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// A predecessor answers nothing that a client asked after its successor was active. The client asked when it first
/// sent the operation: what was answered to an attempt before may be said again to a later one.
/// </summary>
internal sealed class NoLateAct(SimulatedCluster cluster) : Checker
{
    private readonly Dictionary<ServiceName, SortedDictionary<ConfigurationVersion, (NodeId By, long Since)>>
        _active = [];

    public override void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        if (happening is not NodeEvent.PrimaryActivated activated) return;
        if (!_active.TryGetValue(activated.Service, out var active)) _active.Add(activated.Service, active = []);
        active.TryAdd(activated.Version, (node.Member.Node, cluster.Now));
    }

    public override void OnAnswer(SimulatedNode gateway, Attempt attempt, Reply reply)
    {
        if (reply.Outcome != ReplyOutcome.Answered || reply.Node is not { } answerer) return;
        if (!_active.TryGetValue(attempt.Operation.Service, out var active)) return;
        foreach (var (version, (successor, since)) in active)
        {
            if (version <= reply.Version || successor == answerer || since >= attempt.Operation.CalledAt) continue;
            Fail($"{answerer} answered {attempt.Operation} in version {reply.Version}, "
                + $"but it was asked after {successor} was active in version {version}");
        }
    }
}
