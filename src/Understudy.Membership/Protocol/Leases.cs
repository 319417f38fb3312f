using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

/// <summary>
/// View leases, both sides (agreement.md 2.6): what this voter has granted to members, and what voters have granted
/// to this member. A lease is counted from the question, a grant from the answer, with a margin for the clocks' rate.
/// </summary>
public sealed class Leases(Profile profile)
{
    private readonly SortedDictionary<MemberId, TimeSpan> _grantedUntil = [];
    private readonly SortedDictionary<NodeId, TimeSpan> _askedAt = [];
    private bool _released;

    /// <summary>This voter promises the member not to forget, until then, that it may act.</summary>
    public void Grant(MemberId member, TimeSpan now) => _grantedUntil[member] = now + profile.Grant;

    /// <summary>
    /// How long a grant to this member may still run. A restarted voter has forgotten what it granted (H3).
    /// </summary>
    public TimeSpan RemainingOf(MemberId member, TimeSpan now)
    {
        var until = _grantedUntil.GetValueOrDefault(member);
        if (profile.Grant > until) until = profile.Grant; // Clocks start at 0 with the incarnation.
        return until > now ? until - now : TimeSpan.Zero;
    }

    /// <summary>Forgets grants that have run out.</summary>
    public void Prune(TimeSpan now)
    {
        foreach (var member in _grantedUntil.Where(g => g.Value <= now).Select(g => g.Key).ToList())
        {
            _grantedUntil.Remove(member);
        }
    }

    /// <summary>A voter has granted what was asked at this time.</summary>
    public void Granted(NodeId voter, TimeSpan askedAt)
    {
        if (askedAt > _askedAt.GetValueOrDefault(voter)) _askedAt[voter] = askedAt;
    }

    /// <summary>This member gives its lease up, for good.</summary>
    public void Release() => _released = true;

    /// <summary>Until when this member holds a lease: granted by a quorum of the view's voters.</summary>
    public TimeSpan HeldUntil(View view)
    {
        if (_released) return TimeSpan.Zero;
        Span<long> asked = stackalloc long[view.Acceptors.Length];
        for (var i = 0; i < asked.Length; i++)
        {
            asked[i] = _askedAt.TryGetValue(view.Acceptors[i].Node, out var at) ? at.Ticks : -1;
        }

        asked.Sort();
        var quorumth = asked[^view.Quorum];
        return quorumth < 0 ? TimeSpan.Zero : TimeSpan.FromTicks(quorumth) + profile.Lease;
    }
}
