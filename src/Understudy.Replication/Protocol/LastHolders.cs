using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Whether the last holder of a vacant exclusive service certainly runs nothing any more, as this RM can tell: it said
/// so in the version that is vacant, or it is in the view no longer and its view lease has run out.
/// </summary>
/// <param name="fenceOf">What membership knows of an evicted member's fence.</param>
/// <param name="profile">How long a whole grant is.</param>
/// <param name="mutations">Rules that a test switched off.</param>
internal sealed class LastHolders(Func<MemberId, FenceState> fenceOf, Profile profile, Mutation mutations)
{
    private readonly SortedDictionary<ServiceName, ConfigurationVersion> _vacated = [];
    private readonly SortedDictionary<MemberId, TimeSpan> _absentSince = [];

    /// <summary>Another RM may have heard what this one did not: each is told anew.</summary>
    public void Clear() => _vacated.Clear();

    /// <summary>The last holder has said, in this vacant version, that it has ended.</summary>
    public void Note(ServiceName service, ConfigurationVersion version) => _vacated[service] = version;

    public bool HaveEnded(ServiceEntry entry, View view, TimeSpan now)
    {
        var (holder, version) = (entry.Holder, entry.Configuration.Version);
        if (_vacated.TryGetValue(entry.Definition.Name, out var said) && said == version && entry.IsVacant) return true;
        if (view.Contains(holder)) return (mutations & Mutation.WorkerBeforeEnded) != 0;
        if ((mutations & Mutation.WorkerBeforeFence) != 0) return true;
        switch (fenceOf(holder))
        {
            case FenceState.Passed: return true;
            case FenceState.Running: return false;
            default: break;
        }

        // This node did not see it leave. The view without it is chosen, so no voter of some quorum grants it anything
        // after now: a whole grant from here on is enough.
        if (!_absentSince.TryGetValue(holder, out var since)) _absentSince.Add(holder, since = now);
        return now - since >= profile.Grant;
    }

    /// <summary>Forgets whom no vacant service names any more.</summary>
    public void Prune(IReadOnlyCollection<MemberId> holders)
    {
        foreach (var gone in _absentSince.Keys.Where(m => !holders.Contains(m)).ToList()) _absentSince.Remove(gone);
    }
}
