using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Where providers shall be: whoever is one stays, then preferred nodes, then the least loaded. All services of a
/// group choose from one list in one order, so that those with fewer providers have theirs among the others'.
/// </summary>
internal sealed partial class GroupPlanner
{
    private const int NotPreferred = int.MaxValue;

    /// <summary>Whether there is nothing to decide on a service of its own, as for most, most of the time.</summary>
    public static bool IsSettled(ServiceEntry? entry, Decision decision)
    {
        if (entry is not { IsFrozen: false, IsStopped: false, Operation: null, Configuration.Primary: { } primary })
        {
            return false;
        }

        if (!entry.Definition.With.IsEmpty || !entry.Definition.Apart.IsEmpty) return false;
        foreach (var provider in entry.Configuration.InSync)
        {
            if (!decision.Contains(provider.Member) || entry.IsVoid(provider.Disk)) return false;
        }

        return IsPlaced(entry, primary.Node, decision);
    }

    private void Place()
    {
        if (Array.TrueForAll(_entries, e => IsPlaced(e, _node, _decision))) return;
        var target = _entries.Select(e => e.Operation?.Target).FirstOrDefault(t => t is not null);
        var order = InOrder(_node, target);
        // The primary's node is chosen first, and then whom it shares its services with.
        if (_node is null && order.Count > 0) order = InOrder(order[0], target);
        for (var i = 0; i < _entries.Length; i++)
        {
            var entry = _entries[i];
            ImmutableArray<NodeId> placement =
                [.. order.Where(n => _decision.MayHost(entry, n)).Take(1 + entry.Definition.Secondaries)];
            // A service of one provider has two while it moves.
            if (entry.Operation?.Target is { } next && !placement.Contains(next) && order.Contains(next))
            {
                placement = placement.Add(next);
            }

            // So has one whose code fails wherever it is.
            if (IsFailing(entry) && placement.All(IsFailingOn))
            {
                placement = [.. placement, .. order.Where(n => _decision.MayHost(entry, n) && !IsFailingOn(n)).Take(1)];
            }

            if (!placement.SequenceEqual(entry.Placement)) _entries[i] = entry with { Placement = placement };
        }
    }

    /// <summary>The staying hosts, the best first; among equals those that share the fewest services with it.</summary>
    private List<NodeId> InOrder(NodeId? primary, NodeId? target)
    {
        var isFirst = primary is null;
        return _decision.Hosts.Select(m => m.Id.Node).Where(_decision.IsStaying)
            .OrderByDescending(n => n == primary)
            .ThenByDescending(n => n == target)
            .ThenBy(IsFailingOn)
            .ThenByDescending(n => _survivors.Count(s => s.Any(p => p.Member.Node == n)))
            .ThenByDescending(n => _entries.Count(e => e.Placement.Contains(n)))
            .ThenByDescending(n => _entries.Count(e => _decision.MayHost(e, n)))
            .ThenBy(Preference)
            .ThenBy(n => isFirst ? Conflicts(n) : 0)
            .ThenBy(n => isFirst ? _decision.PrimariesOn(n) : 0)
            .ThenBy(_decision.ProvidersOn)
            .ThenBy(n => primary is { } other ? _decision.Shared(other, n) : 0)
            .ThenByDescending(n => n)
            .ToList();
    }

    /// <summary>Most services most of the time: nothing is to be sorted anew.</summary>
    private static bool IsPlaced(ServiceEntry entry, NodeId? primary, Decision decision)
    {
        if (entry.Operation is not null || entry.Configuration.Primary?.Node != primary) return false;
        if (entry.Placement.Length != 1 + entry.Definition.Secondaries || entry.Placement[0] != primary) return false;
        foreach (var node in entry.Placement)
        {
            if (!decision.IsStaying(node) || !decision.MayHost(entry, node) || entry.IsFailingOn(node)) return false;
        }

        foreach (var provider in entry.Configuration.InSync)
        {
            if (!entry.Placement.Contains(provider.Member.Node)) return false;
        }

        return true;
    }

    /// <summary>The best node of these for the group's primaries.</summary>
    private NodeId Best(IEnumerable<NodeId> nodes) => nodes
        .OrderByDescending(n => _decision.IsStaying(n))
        .ThenByDescending(n => _entries.Count(e => _decision.MayHost(e, n)))
        .ThenByDescending(n => n == _target)
        .ThenBy(IsFailingOn)
        .ThenBy(Conflicts)
        .ThenBy(Preference)
        .ThenBy(_decision.PrimariesOn)
        .ThenByDescending(n => n)
        .First();

    /// <summary>The place of the node in the wishes of the group: the first service that has any decides.</summary>
    private int Preference(NodeId node)
    {
        foreach (var entry in _entries)
        {
            if (entry.Definition.Preferred.IsEmpty) continue;
            var place = entry.Definition.Preferred.IndexOf(node);
            return place < 0 ? NotPreferred : place;
        }

        return NotPreferred;
    }

    /// <summary>How many services that shall be apart from this group have their primary there.</summary>
    private int Conflicts(NodeId node) => _entries.Sum(e => e.Definition.Apart.Count(name =>
        !Array.Exists(_entries, own => own.Definition.Name == name) && _decision.PrimaryNode(name) == node));
}
