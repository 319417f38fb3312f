using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

/// <summary>
/// Decides what this voter holds against members of its view (agreement.md 2.3). A node that was itself late, or
/// hears fewer voters than a quorum, accuses nobody: it is the likelier culprit.
/// </summary>
internal sealed class FailureDetector(MembershipOptions options, MemberId self, SortedDictionary<NodeId, Peer> peers)
{
    /// <summary>How many silence limits a disk may take before its node counts as stuck (E3).</summary>
    private const int StuckAfterSilences = 3;

    private const int MaxLateness = 3;

    private readonly SortedDictionary<MemberId, EvidenceClass> _accused = [];
    private readonly SortedSet<MemberId> _broken = [];
    private readonly SortedSet<MemberId> _left = [];
    private TimeSpan _lastTick;
    private TimeSpan _lateUntil;
    private TimeSpan _cleanSince;
    private int _lateness;

    /// <summary>How long a peer may be silent now: longer while this node has itself been late (Lifeguard).</summary>
    public TimeSpan Silence => options.Profile.Silence * (1 + _lateness);

    public bool IsAccusing => _accused.Count > 0;

    public ImmutableArray<Accusation> Accused =>
        _accused.Count == 0 ? [] : [.. _accused.Select(a => new Accusation(a.Key, a.Value))];

    public EvidenceClass? AgainstOrNull(MemberId member) =>
        _accused.TryGetValue(member, out var evidence) ? evidence : null;

    public bool IsLate(TimeSpan now) => now < _lateUntil;

    /// <summary>Whether this node hears the peer: its channel is up and it has not been silent.</summary>
    public bool Hears(Peer peer, TimeSpan now) => peer.IsUp && now - peer.LastHeard <= Silence;

    /// <summary>A handshake from the incarnation clears what a broken channel said; a newer one confirms it.</summary>
    public void Connected(MemberId member) => _broken.Remove(member);

    public void Broke(MemberId member) => _broken.Add(member);

    public void Left(MemberId member) => _left.Add(member);

    public bool HasLeft(MemberId member) => _left.Contains(member);

    /// <summary>SELF-LATE: after a late tick all silence clocks start again, and this tick judges nobody.</summary>
    public void Tick(TimeSpan now)
    {
        var isLate = now - _lastTick > options.Profile.Heartbeat + options.Profile.Tick;
        _lastTick = now;
        if (isLate)
        {
            foreach (var peer in peers.Values)
            {
                peer.LastHeard = now;
            }

            _lateUntil = now + options.Profile.Heartbeat;
            _lateness = Math.Min(MaxLateness, _lateness + 1);
            _cleanSince = now;
        }
        else if (_lateness > 0 && now - _cleanSince > options.Profile.Silence)
        {
            _lateness--;
            _cleanSince = now;
        }
    }

    /// <summary>Judges every member of the view anew.</summary>
    /// <returns>The members that are accused now and were not, or on stronger evidence.</returns>
    public List<Accusation> Judge(View view, TimeSpan now)
    {
        List<Accusation> news = [];
        var isSuspect = IsSelfSuspect(view, now);
        foreach (var member in view.Members)
        {
            var evidence = member.Id == self ? null : Evidence(member.Id, isSuspect, now);
            if (evidence is not { } found)
            {
                _accused.Remove(member.Id);
                continue;
            }

            if (!_accused.TryGetValue(member.Id, out var before) || found < before)
            {
                news.Add(new Accusation(member.Id, found));
            }

            _accused[member.Id] = found;
        }

        return news;
    }

    /// <summary>A new view: what is held against those who are out of it is settled.</summary>
    public void Installed(View view)
    {
        foreach (var gone in _accused.Keys.Where(m => !view.Contains(m)).ToList()) _accused.Remove(gone);
        _broken.RemoveWhere(m => !view.Contains(m));
        _left.RemoveWhere(m => !view.Contains(m));
    }

    /// <summary>SELF-SUSPECT: the voters heard, this one included, are fewer than a quorum.</summary>
    public bool IsSelfSuspect(View view, TimeSpan now)
    {
        var heard = 0;
        foreach (var acceptor in view.Acceptors)
        {
            if (acceptor.Node == self.Node || (peers.TryGetValue(acceptor.Node, out var peer) && Hears(peer, now)))
            {
                heard++;
            }
        }

        return heard < view.Quorum;
    }

    private EvidenceClass? Evidence(MemberId member, bool isSuspect, TimeSpan now)
    {
        if (_left.Contains(member)) return EvidenceClass.Left;
        // This node's own older incarnation, or a peer's: the newer one answered with the same disk's higher counter.
        if (member.Node == self.Node) return EvidenceClass.Broken;
        if (!peers.TryGetValue(member.Node, out var peer)) return EvidenceClass.Silent;
        if (peer.Identity is { } identity && identity.Member != member &&
            identity.Member.Incarnation.Counter > member.Incarnation.Counter)
        {
            return EvidenceClass.Broken;
        }

        if (isSuspect || IsLate(now)) return null;
        if (_broken.Contains(member)) return EvidenceClass.Broken;
        if (now - peer.LastHeard > Silence) return EvidenceClass.Silent;
        if (peer.IsUp && now - peer.ProgressedAt > Silence * StuckAfterSilences) return EvidenceClass.Stuck;
        return null;
    }
}
