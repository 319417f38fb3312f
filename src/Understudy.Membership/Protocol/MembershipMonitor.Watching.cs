using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

/// <summary>Channels, heartbeats, leases and evidence.</summary>
public sealed partial class MembershipMonitor
{
    private TimeSpan _lastBeat = TimeSpan.MinValue;
    private ulong _durableWriteCounter;
    private long _progress;
    private bool _isWaiting;

    private bool IsVoter => _options.Find(_self.Node)?.IsVoter ?? false;

    private void OnTick(MembershipInput.Tick tick)
    {
        _progress = tick.Progress;
        _isWaiting = tick.IsWaiting;
        _detector.Tick(_now);
        _mustConsider = true;
        foreach (var member in _fences.Pass(_now)) _effects.Add(new MembershipEffect.PassFence(member));
        JudgeMembers();
        if (_lastBeat == TimeSpan.MinValue || _now - _lastBeat >= _options.Profile.Heartbeat) BeatAll();
    }

    private void OnChannelUp(MembershipInput.ChannelUp up)
    {
        if (!_peers.TryGetValue(up.Peer.Member.Node, out var peer)) return;
        peer.Connected(up.Peer, _now);
        _detector.Connected(up.Peer.Member);
        JudgeMembers();
        Beat(peer);
    }

    private void OnChannelLost(MemberId lost)
    {
        if (!_peers.TryGetValue(lost.Node, out var peer) || peer.Identity?.Member != lost) return;
        peer.Disconnected();
        if (View is { } view && view.Contains(lost)) _effects.Add(new MembershipEffect.Probe(lost));
    }

    private void OnProbeFailed(MemberId member)
    {
        // The channel may have come back while the probe was under way: the handshake is the newer word.
        if (_peers.GetValueOrDefault(member.Node)?.Identity?.Member == member) return;
        if (View is not { } view || !view.Contains(member)) return;
        _detector.Broke(member);
        JudgeMembers();
    }

    private void OnLeave(MemberId from)
    {
        _detector.Left(from);
        _mustConsider = true;
        JudgeMembers();
    }

    private void OnLeaveRequested()
    {
        if (_isLeaving) return;
        _isLeaving = true;
        _leases.Release();
        _detector.Left(_self); // As a voter it grants itself nothing more either: no fence is left.
        foreach (var peer in _peers.Values)
        {
            if (peer.Identity is { } identity) Send(identity.Member, new MembershipMessage.Leave());
        }
    }

    private void JudgeMembers()
    {
        if (View is not { } view || !IsVoter) return;
        var news = _detector.Judge(view, _now);
        foreach (var accusation in news)
        {
            _effects.Add(new MembershipEffect.NoteAccusation(accusation.Subject, accusation.Evidence));
        }

        if (news.Count > 0) BeatVoters();
    }

    private void BeatAll()
    {
        _lastBeat = _now;
        _leases.Prune(_now);
        GrantSelf();
        foreach (var peer in _peers.Values)
        {
            if (IsVoter || peer.Option.IsVoter) Beat(peer);
        }
    }

    private void BeatVoters()
    {
        foreach (var peer in _peers.Values)
        {
            if (peer.Option.IsVoter) Beat(peer);
        }
    }

    private void Beat(Peer peer)
    {
        if (peer.Identity is not { } identity) return;
        Send(identity.Member, new MembershipMessage.Heartbeat(
            _now.Ticks,
            View?.Cluster,
            View?.Epoch ?? Epoch.None,
            IsMember || _isLeaving,
            _durableWriteCounter,
            peer.SeenWriteCounter,
            _progress,
            _isWaiting,
            _detector.IsLate(_now),
            Heard(),
            IsVoter ? _detector.Accused : []));
    }

    private ImmutableArray<NodeId> Heard()
    {
        var heard = ImmutableArray.CreateBuilder<NodeId>(_peers.Count);
        foreach (var peer in _peers.Values)
        {
            if (_detector.Hears(peer, _now)) heard.Add(peer.Option.Id);
        }

        return heard.ToImmutable();
    }

    private void OnHeartbeat(MemberId from, MembershipMessage.Heartbeat heartbeat)
    {
        if (!_peers.TryGetValue(from.Node, out var peer)) return;
        var before = peer.Heartbeat;
        peer.Beat(heartbeat, _now);
        // Most heartbeats say nothing new; the next tick is soon enough for what time alone decides.
        if (before is null || before.IsMember != heartbeat.IsMember || before.IsLate != heartbeat.IsLate ||
            before.Accused.Length != heartbeat.Accused.Length || !before.Accused.SequenceEqual(heartbeat.Accused))
        {
            _mustConsider = true;
        }

        NoteSeenOfUs(from.Node, heartbeat.SeenWriteCounter);
        if (View is { } view && heartbeat.Epoch < view.Epoch)
        {
            Send(from, new MembershipMessage.Decided(view, _fences.Remaining(_now)));
        }
        else if (heartbeat.Epoch > (View?.Epoch ?? Epoch.None))
        {
            Send(from, new MembershipMessage.PullView(View?.Epoch ?? Epoch.None));
        }

        if (heartbeat.IsMember)
        {
            Send(from, new MembershipMessage.HeartbeatAnswer(
                heartbeat.SentAt, View?.Epoch ?? Epoch.None, TryGrant(from)));
        }
    }

    private void OnHeartbeatAnswer(MemberId from, MembershipMessage.HeartbeatAnswer answer)
    {
        if (answer.IsGranted) _leases.Granted(from.Node, TimeSpan.FromTicks(answer.SentAt));
    }

    private void GrantSelf()
    {
        if (TryGrant(_self)) _leases.Granted(_self.Node, _now);
    }

    /// <summary>
    /// Only a voter that has the member in its latest view, and has not accepted its eviction, grants.
    /// </summary>
    private bool TryGrant(MemberId member)
    {
        if (View is not { } view || !IsAcceptor(view) || !Admits(view, member)) return false;
        if (_acceptor.Record.AcceptedView is { } accepted && !accepted.Contains(member)) return false;
        if (_detector.HasLeft(member)) return false;
        _leases.Grant(member, _now);
        return true;
    }
}
