using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Protocol;
using Understudy.Simulator.Clients;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// An acknowledged update is in the state of every later primary: a primary that answers has committed at least what
/// was committed in an earlier version, and no read finds what an acknowledged write had replaced before it began. What
/// an earlier lineage acknowledged may be gone: that a lineage may begin is FreshestWins's to judge.
/// </summary>
internal sealed class NothingLost(Activations activations, LostServices losses) : Checker
{
    private readonly Dictionary<(ServiceName, Lineage), (ConfigurationVersion Version, long Sequence)>
        _committed = [];

    public override void OnAnswer(SimulatedNode gateway, Attempt attempt, Reply reply)
    {
        var service = attempt.Operation.Service;
        if (reply.Outcome != ReplyOutcome.Answered || reply.Node != gateway.Option.Id) return;
        if (losses.IsPeriodic(service) || gateway.Core is not { } core) return;
        var lineage = activations.LineageOf(service, reply.Version);
        if (losses.IsLost(service, lineage) || core.Map.Find(service)?.Configuration.Lineage != lineage) return;

        var sequence = core.CommittedSequence(service);
        var known = _committed.GetValueOrDefault((service, lineage));
        if (reply.Version < known.Version) return;
        if (sequence < known.Sequence)
        {
            Fail($"{gateway.Member} answers for {service} in version {reply.Version} with {sequence} checkpoints "
                + $"committed, but {known.Sequence} were in version {known.Version}");
        }

        _committed[(service, lineage)] = (reply.Version, sequence);
    }

    public override void OnEnd(IReadOnlyList<ClientOperation> history)
    {
        foreach (var group in history.GroupBy(o => (o.Service, o.Lineage, o.Request.Key)))
        {
            if (losses.IsPeriodic(group.Key.Service)) continue;
            if (!losses.IsLost(group.Key.Service, group.Key.Lineage)) CheckVersions([.. group]);
        }
    }

    /// <summary>A key's version grows with every change: none that began later may show an older one.</summary>
    private void CheckVersions(List<ClientOperation> operations)
    {
        var answered = operations.Where(o => o.Answer is { Version: > 0 }).ToList();
        foreach (var later in answered)
        {
            foreach (var earlier in answered)
            {
                if (earlier.ReturnedAt >= later.CalledAt || earlier.Answer!.Version <= later.Answer!.Version) continue;
                Fail($"{later} shows an older version than {earlier}, which had ended before it began");
            }
        }
    }
}
