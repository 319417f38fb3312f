using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Code that fails and nodes that come and go are counted in the registry, so that the next RM knows what this one
/// knew.
/// </summary>
public sealed partial class ReplicaManager
{
    /// <summary>The most incarnations that are remembered to have said that they leave.</summary>
    private const int MostLeft = 64;

    private readonly SortedSet<(NodeId Node, ulong Counter)> _left = [];
    private TimeSpan _watchedAt;

    /// <summary>
    /// An incarnation said that it leaves: its eviction is no cause for concern. Heard on every node, as any may be
    /// the next RM's.
    /// </summary>
    public void NoteLeft(MemberId member)
    {
        _left.Add((member.Node, member.Incarnation.Counter));
        if (_left.Count > MostLeft) _left.Remove(_left.Min);
    }

    /// <summary>A provider's code failed: it is counted, and its service moved or stopped if need be.</summary>
    public void OnCodeFailed(MemberId from, ReplicationMessage.CodeFailed failed, View view, TimeSpan now)
    {
        if (!IsActive || !view.Contains(from) || _registry.Find(failed.Service) is not { } entry) return;
        var known = _registry.Failing;
        var isNamed = known.Contains(failed.Service) || known.Count < FailureBudget.MostErrors;
        var counted = FailureBudget.Count(entry, from, failed.Number, isNamed ? failed.Error : "", Elapsed(now));
        if (ReferenceEquals(counted, entry)) return; // It was counted before.
        var decision = Begin(view, now, $"the code of {failed.Service} failed on {from.Node}: {failed.Error}");
        decision.Put(counted);
        Commit(decision, failed.Service);
    }

    /// <summary>
    /// What failed long ago counts no more: its node may be primary again. And where another provider has come in sync
    /// since, the service goes there.
    /// </summary>
    private void WatchFailing(View view, TimeSpan now)
    {
        if (_registry.Failing.Count == 0 || now - _watchedAt < _profile.Heartbeat) return;
        _watchedAt = now;
        foreach (var name in _registry.Failing.ToList())
        {
            var entry = _registry.Find(name)!;
            var left = FailureBudget.Expire(entry, view.Contains, Elapsed(now));
            var isOver = !ReferenceEquals(left, entry);
            var isFailing = !entry.IsStopped && entry.Configuration.Primary is { } primary
                && entry.IsFailingOn(primary.Node);
            if (!isOver && !isFailing) continue;
            var why = isOver ? $"the failures of {name} are older than its window" : $"the code of {name} failed";
            var decision = Begin(view, now, why);
            if (isOver) decision.Put(left);
            Commit(decision, name);
        }
    }
}
