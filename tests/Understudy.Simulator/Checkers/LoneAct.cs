using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Simulator.Clients;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// A primary that is alone in sync cannot go on alone once it is cut off (DESIGN 7): it answers nothing that was asked
/// after a view without it was installed anywhere.
/// </summary>
internal sealed class LoneAct(SimulatedCluster cluster, Activations activations) : Checker
{
    private readonly HashSet<MemberId> _seen = [];
    private readonly Dictionary<MemberId, (long At, Epoch Epoch)> _evicted = [];
    private Epoch _latest = Epoch.None;

    public override void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        if (happening is not NodeEvent.ViewInstalled { View: var view } || view.Epoch <= _latest) return;

        _latest = view.Epoch;
        foreach (var member in view.Members) _seen.Add(member.Id);
        foreach (var member in _seen)
        {
            if (!view.Contains(member)) _evicted.TryAdd(member, (cluster.Now, view.Epoch));
        }
    }

    public override void OnAnswer(SimulatedNode gateway, Attempt attempt, Reply reply)
    {
        if (reply.Outcome != ReplyOutcome.Answered || cluster.Scenario.IsPeriodic(attempt.Operation.Service)) return;
        var operation = attempt.Operation;
        var configuration = activations.Find(operation.Service, reply.Version);
        if (configuration is not { InSync.Length: 1, Primary: { } primary }) return;
        if (!_evicted.TryGetValue(primary, out var evicted) || evicted.At >= operation.CalledAt) return;
        Fail($"{primary}, alone in sync, answered {operation} in version {reply.Version}, "
            + $"but it was asked after view {evicted.Epoch} without it was installed");
    }
}
