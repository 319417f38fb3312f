using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Code that failed too often on a node (decision 0028): its service goes where it did not, or is stopped if there is
/// no such node. Nothing here takes a provider out of an in-sync set, so nothing is lost.
/// </summary>
internal sealed partial class GroupPlanner
{
    private bool IsFailingOn(NodeId node)
    {
        foreach (var entry in _entries)
        {
            if (entry.IsFailingOn(node)) return true;
        }

        return false;
    }

    /// <summary>
    /// The primaries go to a node where none of the group fails, at once as after a death (decision 0025): code that
    /// has failed cannot be asked to drain.
    /// </summary>
    private void Relieve()
    {
        if (IsHeld || !Array.Exists(_entries, IsFailing)) return;
        var moving = Enumerable.Range(0, _entries.Length)
            .Where(i => _entries[i].Configuration.Primary is { } primary && IsFailingOn(primary.Node)).ToList();
        var targets = _decision.Hosts.Select(m => m.Id.Node).Where(node => _decision.IsStaying(node)
            && !IsFailingOn(node) && moving.TrueForAll(i => CanTakeOver(i, node))).ToList();
        if (targets.Count == 0) return;
        var target = targets.Find(node => Array.Exists(_entries, e => e.Configuration.Primary?.Node == node));
        if (target == default) target = Best(targets);
        foreach (var i in moving)
        {
            var provider = _survivors[i].First(p => p.Member.Node == target);
            _entries[i] = _entries[i] with
            {
                Operation = null,
                Configuration = _entries[i].Configuration with { Primary = provider.Member },
            };
        }

        _node = target;
    }

    /// <summary>A service whose code failed too often on every node that may host it is left alone.</summary>
    private void Stop()
    {
        for (var i = 0; i < _entries.Length; i++)
        {
            var entry = _entries[i];
            var isStopped = IsFailing(entry) && _decision.Hosts.Select(m => m.Id.Node)
                .Where(node => _decision.IsStaying(node) && _decision.MayHost(entry, node)).All(IsFailingOn);
            if (isStopped != entry.IsStopped) _entries[i] = entry with { IsStopped = isStopped };
        }
    }

    private static bool IsFailing(ServiceEntry entry) =>
        entry.Configuration.Primary is { } primary && entry.IsFailingOn(primary.Node);

    /// <summary>Whether it was in sync before this decision: who becomes so by it has yet to seal.</summary>
    private bool CanTakeOver(int i, NodeId node) =>
        _decision.MayHost(_entries[i], node) && _survivors[i].Any(p => p.Member.Node == node
            && _decision.WasInSync(_entries[i].Definition.Name, p.Disk));
}
