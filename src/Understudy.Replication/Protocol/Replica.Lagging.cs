using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Providers that do not keep up (agreement.md 4.5). A primary asks for a configuration without a secondary that is
/// too far behind, and marks it joining again only when it has kept up for a while. A secondary whose own code is too
/// far behind its log acknowledges no more than the code can take, and so is behind itself.
/// </summary>
public sealed partial class Replica
{
    /// <summary>A provider that left again and again waits at most this many times as long.</summary>
    private const int MostDoublings = 4;

    private readonly SortedDictionary<NodeId, (int Times, TimeSpan LeftAt)> _laggards = [];
    private (MemberId Primary, long Matched, long Round)? _withheld;

    private LagBounds Bounds => _profile.Lag;

    /// <summary>Why a provider that commits wait for is to leave, or null.</summary>
    private LeaveReason? WhyTooSlow(Follower follower)
    {
        var lag = follower.Lag(Outgoing, _now);
        var keepsUp = lag <= Bounds.Time / 4;
        follower.KeptUpSince = keepsUp ? follower.KeptUpSince ?? _now : null;
        if (!follower.MustAcknowledge || !IsBehind(follower)) return null;
        var silence = _now - follower.HeardAt;
        if (silence > _profile.Silence * 2) return new LeaveReason(LeaveCause.Silent, silence.Ticks);
        if (lag > Bounds.Time) return new LeaveReason(LeaveCause.BehindTime, lag.Ticks);
        if (!follower.IsMatched) return null;
        var lacking = _log.BytesBetween(follower.Matched, Outgoing);
        return lacking > Bounds.Bytes ? new LeaveReason(LeaveCause.BehindBytes, lacking) : null;
    }

    /// <summary>
    /// A secondary is never silently not waited for: it stays in sync until a newer configuration is without it.
    /// </summary>
    private void GiveUpSlow(Follower follower)
    {
        if (WhyTooSlow(follower) is not { } reason) return;
        if (!Allows(Mutation.InSyncShrinksWithoutConfigurationChange))
        {
            follower.IsInSync = false;
            return;
        }

        if (reason.Cause != LeaveCause.Silent) CountLaggard(follower);
        Want(follower, isIncluded: false, reason);
    }

    private void CountLaggard(Follower follower)
    {
        if (follower.IsCountedAsLaggard) return;
        follower.IsCountedAsLaggard = true;
        var node = follower.Provider.Member.Node;
        var (times, leftAt) = _laggards.GetValueOrDefault(node);
        // The same departure in the next version, as others left first: nobody is back so soon.
        if (times > 0 && _now - leftAt < Bounds.Time) return;
        var isForgiven = _now - leftAt > Bounds.Time * (1 << (MostDoublings + 1));
        _laggards[node] = (isForgiven ? 1 : times + 1, _now);
    }

    /// <summary>One that left because it was behind must have kept up for a while, longer each time.</summary>
    private bool IsOnProbation(Follower follower)
    {
        // A service that takes no writes for want of providers does not wait for one that has all there is.
        if (_inSync < _minInSync) return false;
        if (!_laggards.TryGetValue(follower.Provider.Member.Node, out var laggard)) return false;
        var probation = Bounds.Time * (1 << Math.Min(laggard.Times - 1, MostDoublings));
        return follower.KeptUpSince is not { } since || _now - since < probation;
    }

    /// <summary>
    /// The log is received up to here. What the service's own code cannot take is not acknowledged: else what waits
    /// for it would grow without bound.
    /// </summary>
    private void Acknowledge(MemberId primary, long matched, long round)
    {
        var reach = Math.Max(Committed, Reach);
        _withheld = matched > reach ? (primary, matched, round) : null;
        SendWhenDurable(primary, new ReplicationMessage.Appended(
            _service, Version, IsMatched: true, Math.Min(matched, reach), round));
        AskPosition();
    }

    /// <summary>The last entry that may be acknowledged for what the service's code has done.</summary>
    private long Reach => _hosted is { } hosted
        ? _log.Reach(hosted.Position, Bounds.BacklogEntries, Bounds.BacklogBytes)
        : long.MaxValue;

    /// <summary>Asks how far the service's code is, when that may be a good part of the bound behind.</summary>
    private void AskPosition()
    {
        if (_hosted is not { IsLeading: false } hosted || hosted.Position >= _applied) return;
        var isFar = _applied - hosted.Position > Bounds.BacklogEntries / 4
            || _log.BytesBetween(hosted.Position, _applied) > Bounds.BacklogBytes / 4;
        if (isFar || _withheld is not null) hosted.AskPosition(_effects);
    }

    private void OnApplied()
    {
        if (IsPrimary) return;
        if (_withheld is { } withheld) Acknowledge(withheld.Primary, withheld.Matched, withheld.Round);
        else AskPosition();
    }
}
