using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

/// <summary>Builds the successor of a view. Arithmetic only.</summary>
internal static class ViewBuilder
{
    /// <summary>The first view of a cluster: its configured voters on the disks they have now.</summary>
    public static View First(ClusterId cluster, IEnumerable<Member> voters, IAttachmentPolicy policy)
    {
        ImmutableArray<Member> members = [.. voters.OrderBy(m => m.Id)];
        var attachment = policy.Merge(null, members, null);
        return new View(
            cluster,
            new Epoch(1),
            0,
            [.. members.Select(m => new Acceptor(m.Id.Node, m.Disk))],
            members,
            [],
            policy.ChooseHeir(attachment, members),
            attachment);
    }

    /// <summary>The view after this one, without the evicted, with the admitted.</summary>
    public static View Next(
        View previous,
        IReadOnlyCollection<MemberId> evicted,
        IEnumerable<Member> admitted,
        AttachmentChange? change,
        IAttachmentPolicy policy)
    {
        ImmutableArray<Member> members =
            [.. previous.Members.Where(m => !evicted.Contains(m.Id)).Concat(admitted).OrderBy(m => m.Id)];
        Invariant.Holds(
            members.Select(m => m.Id.Node).Distinct().Count() == members.Length,
            "OneView: a node is in a view once");
        var attachment = policy.Merge(previous, members, change);
        return new View(
            previous.Cluster,
            previous.Epoch.Next,
            previous.Hash,
            previous.Acceptors,
            members,
            Bury(previous.Tombstones, evicted),
            policy.ChooseHeir(attachment, members),
            attachment);
    }

    /// <summary>
    /// NoReturn: the counter of an evicted incarnation is the floor below which its node cannot return.
    /// </summary>
    private static ImmutableArray<Tombstone> Bury(
        ImmutableArray<Tombstone> tombstones, IReadOnlyCollection<MemberId> evicted)
    {
        SortedDictionary<NodeId, ulong> floors = [];
        foreach (var tombstone in tombstones) floors[tombstone.Node] = tombstone.CounterFloor;
        foreach (var member in evicted)
        {
            floors[member.Node] = Math.Max(floors.GetValueOrDefault(member.Node), member.Incarnation.Counter);
        }

        return [.. floors.Select(f => new Tombstone(f.Key, f.Value))];
    }
}
