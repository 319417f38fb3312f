using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Simulator.Clients;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// A predecessor answers nothing that was sent after its successor was active: after it had itself answered.
/// </summary>
internal sealed class NoLateAct(SimulatedCluster cluster) : Checker
{
    private readonly Dictionary<ServiceName, SortedDictionary<ConfigurationVersion, (NodeId By, long Since)>>
        _active = [];

    public override void OnAnswer(SimulatedNode gateway, Attempt attempt, Reply reply)
    {
        if (reply.Outcome != ReplyOutcome.Answered || reply.Node is not { } answerer) return;

        var service = attempt.Operation.Service;
        if (!_active.TryGetValue(service, out var active)) _active.Add(service, active = []);
        foreach (var (version, (successor, since)) in active)
        {
            if (version <= reply.Version || successor == answerer || since >= attempt.SentAt) continue;
            Fail($"{answerer} answered {attempt.Operation} in version {reply.Version}, "
                + $"but it was sent after {successor} was active in version {version}");
        }

        active.TryAdd(reply.Version, (answerer, cluster.Now));
    }
}
