using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

/// <summary>
/// How long the leases of evicted members may still run (agreement.md 2.6): at the chooser the smallest, over quorums
/// of acceptors, of what the quorum's members have still granted; counted again from receipt everywhere else.
/// </summary>
internal sealed class Fences
{
    private readonly SortedDictionary<MemberId, TimeSpan> _until = [];
    private readonly SortedDictionary<NodeId, Incarnation> _passed = [];

    /// <summary>What is left of each fence.</summary>
    public ImmutableArray<RemainingLease> Remaining(TimeSpan now) =>
        [.. _until.Select(f => new RemainingLease(f.Key, f.Value > now ? f.Value - now : TimeSpan.Zero))];

    public bool IsRunning(MemberId member) => _until.ContainsKey(member);

    /// <summary>What is known of a member's fence; of each node the last incarnation is remembered.</summary>
    public FenceState StateOf(MemberId member) => IsRunning(member) ? FenceState.Running
        : _passed.TryGetValue(member.Node, out var passed) && passed == member.Incarnation ? FenceState.Passed
        : FenceState.Unknown;

    /// <summary>Until when a member may hold a lease, or null if that is not known or over.</summary>
    public TimeSpan? Until(MemberId member) => _until.TryGetValue(member, out var until) ? until : null;

    public void Start(MemberId member, TimeSpan until) => _until[member] = until;

    /// <summary>Takes out the fences that have passed.</summary>
    public List<MemberId> Pass(TimeSpan now)
    {
        List<MemberId> passed = [.. _until.Where(f => f.Value <= now).Select(f => f.Key)];
        foreach (var member in passed)
        {
            _until.Remove(member);
            _passed[member.Node] = member.Incarnation;
        }

        return passed;
    }

    /// <summary>The smallest time after which some quorum's grants to the member have all run out.</summary>
    /// <param name="member">The evicted member.</param>
    /// <param name="accepted">The acceptors' reports; at least a quorum of them.</param>
    /// <param name="quorum">How many make a quorum.</param>
    public static TimeSpan AcrossQuorum(
        MemberId member, IEnumerable<MembershipMessage.Accepted> accepted, int quorum)
    {
        List<TimeSpan> remaining = [];
        foreach (var answer in accepted)
        {
            var granted = answer.Remaining.FirstOrDefault(r => r.Member == member);
            remaining.Add(granted?.Remaining ?? TimeSpan.Zero);
        }

        Invariant.Holds(remaining.Count >= quorum, "OneView: a view is chosen by a quorum");
        remaining.Sort();
        return remaining[quorum - 1];
    }
}
