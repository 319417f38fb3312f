using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Counts how often nodes leave the view without having said so (decision 0029). The view's tombstones say who was
/// evicted, and the registry which of them were looked at: so the next RM misses none and counts none twice.
/// </summary>
internal static class Quarantine
{
    /// <summary>Looks at every eviction that no RM has looked at yet.</summary>
    /// <param name="decision">Where it is noted.</param>
    /// <param name="rule">When a node has left too often.</param>
    /// <param name="hasLeft">Whether an incarnation had said that it leaves.</param>
    public static void Count(Decision decision, QuarantineRule rule, Func<NodeId, ulong, bool> hasLeft)
    {
        var evicted = decision.View.Tombstones
            .Where(t => t.CounterFloor > decision.Node(t.Node).EvictedTo).ToList();
        // When most nodes go at once it is not their fault: a loss of power, a new release, a switch.
        var isTogether = evicted.Count * 2 > decision.View.Members.Length + evicted.Count(IsGone);
        foreach (var tombstone in evicted)
        {
            var entry = decision.Node(tombstone.Node) with { EvictedTo = tombstone.CounterFloor };
            var isCounted = !isTogether && !hasLeft(tombstone.Node, tombstone.CounterFloor);
            decision.Put(isCounted ? WithExit(decision, entry, rule) : entry);
        }

        bool IsGone(Understudy.Membership.Tombstone tombstone) => decision.Find(tombstone.Node) is null;
    }

    private static NodeEntry WithExit(Decision decision, NodeEntry entry, QuarantineRule rule)
    {
        var recent = entry.Exits.Where(at => decision.Elapsed - at <= rule.Within).TakeLast(rule.Exits - 1);
        ImmutableArray<TimeSpan> exits = [.. recent, decision.Elapsed];
        var isTooMany = exits.Length >= rule.Exits && MayBarOneMore(decision, entry.Node);
        return entry with { Exits = exits, IsQuarantined = entry.IsQuarantined || isTooMany };
    }

    /// <summary>Less than half of the nodes that host services are ever quarantined.</summary>
    private static bool MayBarOneMore(Decision decision, NodeId node)
    {
        var hosts = decision.Hosts.Select(m => m.Id.Node).Append(node).Distinct().ToList();
        return (hosts.Count(n => decision.Node(n).IsQuarantined) + 1) * 2 < hosts.Count;
    }
}
