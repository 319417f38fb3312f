using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Total loss (agreement.md 4.7): a service whose in-sync providers were all evicted goes on in a new lineage, if its
/// policy or an operator says so, and when their leases have run out.
/// </summary>
internal sealed partial class GroupPlanner
{
    private void BeginLineages()
    {
        for (var i = 0; i < _entries.Length; i++)
        {
            var entry = _entries[i];
            if (!entry.Configuration.IsStarted || !_survivors[i].IsEmpty)
            {
                // A disk came back, and what it has is better than any word.
                if (entry.Recovery is not null) _entries[i] = entry with { Recovery = null };
                continue;
            }

            // Its node will say whether its copy is good.
            if (ConfigurationPlanner.Returned(entry, _decision) is not null) continue;
            var isWanted = entry.Recovery is not null
                || (entry.Definition.TotalLoss == TotalLossPolicy.StartEmpty && !IsHeld);
            if (isWanted && _decision.IsFenced(entry.Definition.Name) && Founder(entry) is { } founder)
            {
                BeginLineage(i, founder);
            }
        }
    }

    private void BeginLineage(int i, Member founder)
    {
        var (entry, present) = (_entries[i], _entries[i].Configuration);
        Invariant.Holds(
            !present.InSync.Any(p => _decision.Contains(p.Member) && !entry.IsVoid(p.Disk)),
            $"FreshestWins: {entry.Definition.Name} begins a new lineage when no in-sync provider is a member");
        var first = new Provider(founder.Id, founder.Disk);
        _entries[i] = entry with
        {
            Recovery = null,
            Left = [],
            Configuration = present with
            {
                Lineage = new Lineage(present.Lineage.Value + 1),
                Origin = entry.Recovery?.From,
                Primary = first.Member,
                InSync = [first],
            },
        };
        _survivors[i] = [first];
        _node ??= founder.Id.Node;
        if (!IsHeld) Place();
    }

    /// <summary>With the copy that the operator named; else where its group is; else where it is placed.</summary>
    private Member? Founder(ServiceEntry entry)
    {
        if (entry.Recovery?.From is { } from) return _decision.Find(from);
        List<NodeId> nodes = _node is { } group
            ? [group]
            : [.. entry.Placement, .. _decision.Hosts.Select(m => m.Id.Node)];
        var isOnly = _decision.Hosts.Length == 1;
        var node = nodes.Find(n => _decision.MayHost(entry, n) && (_decision.IsStaying(n) || isOnly));
        return node == default ? null : _decision.Find(node);
    }
}
