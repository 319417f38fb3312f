using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Bringing up providers (step 504; agreement.md 4.4): snapshot and stream first, without waiting for the newcomer;
/// close behind, it is marked joining and must acknowledge; when it has what was there at the mark, it is in sync in
/// all but name, and the keeper of the configuration is asked to say so.
/// </summary>
public sealed partial class Replica
{
    /// <summary>Whether any follower is not in sync.</summary>
    public bool HasNewcomers => _followers.Values.Any(f => !f.IsInSync);

    /// <summary>Says whom this primary shall bring up; all of them are in the present view.</summary>
    public void BringUp(IReadOnlyList<Provider> targets)
    {
        if (Role != ReplicaRole.Primary) return;
        foreach (var provider in targets)
        {
            if (_followers.ContainsKey(provider.Member)) continue;
            var follower = new Follower(provider, isInSync: false, Outgoing + 1, _now);
            _followers[provider.Member] = follower;
            SendAppend(follower);
        }

        // A mark cannot be undone within the version; who is not marked is simply left alone.
        foreach (var follower in _followers.Values.Where(f => !f.MustAcknowledge).ToList())
        {
            if (!targets.Contains(follower.Provider)) _followers.Remove(follower.Provider.Member);
        }
    }

    /// <summary>
    /// A view without these incarnations is installed. The request to take one of them in is void with it, where the
    /// view is what would take it in: then the mark ends too (repair R3). A service's request may stand decided in
    /// the RM's log, though: its mark ends with the version only, so the RM is asked for the next one.
    /// </summary>
    public void Forget(Func<MemberId, bool> isMember, bool isDecidedByView)
    {
        if (Role != ReplicaRole.Primary || !Allows(Mutation.JoiningMarkOutlivesIncarnation)) return;
        foreach (var follower in _followers.Values.Where(f => !f.IsInSync && !isMember(f.Provider.Member)).ToList())
        {
            if (isDecidedByView || follower.MarkedAt is null) _followers.Remove(follower.Provider.Member);
            else follower.IsGone = true;
        }

        Advance();
    }

    private void ConsiderJoining(Follower follower)
    {
        if (follower.IsGone) Want(follower, isIncluded: false, new LeaveReason(LeaveCause.Silent, 0));
        if (follower.IsInSync || follower.IsGone || !follower.IsMatched) return;
        var isClose = Outgoing - follower.Matched <= ReplicaLimits.JoiningLag;
        if (follower.MarkedAt is null && isClose && !IsOnProbation(follower))
        {
            follower.MarkedAt = Outgoing;
            _effects.Add(new ReplicaEffect.NoteMark(Version, follower.Provider.Member));
        }

        if (follower.MarkedAt is { } mark && follower.Matched >= mark) Want(follower, isIncluded: true);
    }

    private void Want(Follower follower, bool isIncluded, LeaveReason? reason = null)
    {
        if (follower.WantedAt > TimeSpan.Zero && _now - follower.WantedAt < _profile.Heartbeat) return;
        follower.WantedAt = _now;
        _effects.Add(new ReplicaEffect.WantInSync(Version, follower.Provider, isIncluded, reason));
    }
}
