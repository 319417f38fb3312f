using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

/// <summary>
/// The proposer's side: what the next view shall be, when, and the ballot for it (agreement.md 2.4, 2.5).
/// </summary>
public sealed partial class MembershipMonitor
{
    private AttachmentChange? _wantedChange;
    private Proposal? _proposal;
    private MembershipEffect.NoteProposal? _noted;
    private TimeSpan? _cutSince;
    private TimeSpan _retryAt;
    private int _highestRound;
    private Epoch _usedHeirBallot = Epoch.None;

    private TimeSpan ProposalTimeout => _options.Profile.Heartbeat * 2;

    /// <summary>Called after every input: proposes the next view if one is due and it is this node's turn.</summary>
    private void Consider()
    {
        if (View is not { } view)
        {
            ConsiderFormation();
            return;
        }

        if (_mustRecover) RecoverIfHeard(view);
        if (!IsAcceptor(view) || view.MemberOn(_self.Node) is null || _isLeaving || !MayVote) return;
        if (_wantedChange is { } change && !_policy.IsWanted(view, change)) _wantedChange = null;
        if (_now < _retryAt) return;
        if (_proposal is { } running && _now - running.StartedAt < ProposalTimeout) return;

        var plan = MakePlan(view);
        var mustFinish = _acceptor.HasAccepted && _acceptedSince is { } since &&
            _now - since >= _options.Profile.Stagger * 4;
        if (plan is null && !mustFinish)
        {
            _cutSince = null;
            return;
        }

        _cutSince ??= _now;
        var isOwnWish = _wantedChange is not null && plan is { Evicted.Count: 0, Admitted.Count: 0 };
        var wait = isOwnWish ? TimeSpan.Zero : PlaceInLine(view, plan) * _options.Profile.Stagger;
        if (_now - _cutSince.Value < wait) return;
        if (plan is not null) Note(new MembershipEffect.NoteProposal(view.Epoch.Next, plan.ToString()));
        Propose(view, plan);
    }

    /// <summary>Once for each plan, however often it is proposed.</summary>
    private void Note(MembershipEffect.NoteProposal proposal)
    {
        if (proposal == _noted) return;
        _noted = proposal;
        _effects.Add(proposal);
    }

    private void Propose(View view, Plan? plan)
    {
        if (plan is not null && view.Heir == _self && _usedHeirBallot != view.Epoch && !_acceptor.HasAccepted)
        {
            // Ballot 0 is granted to the heir by the view itself: no phase 1.
            _usedHeirBallot = view.Epoch;
            _proposal = new Proposal(view.Epoch.Next, new Ballot(0, _self), _now, view.Quorum);
            StartPhaseTwo(view, BuildNext(view, plan));
            return;
        }

        var ballot = new Ballot(++_highestRound, _self);
        _proposal = new Proposal(view.Epoch.Next, ballot, _now, view.Quorum);
        foreach (var acceptor in view.Acceptors)
        {
            SendTo(acceptor.Node, new MembershipMessage.Prepare(view.Epoch.Next, ballot));
        }
    }

    private void OnPromise(MemberId from, MembershipMessage.Promise promise)
    {
        if (_proposal is not { View: null } proposal || proposal.Instance != promise.Instance) return;
        if (proposal.Ballot != promise.Ballot || !IsVoteOf(from)) return;
        proposal.Promised(from.Node, promise);
        if (!proposal.HasPromises) return;

        if (View is not { } view)
        {
            if (!_options.Nodes.All(n => !n.IsVoter || n.Id == _self.Node || _peers[n.Id].IsUp))
            {
                _proposal = null; // A voter has gone since it promised: begin again when it is back.
                return;
            }

            StartPhaseTwo(null, proposal.Adopted() ?? BuildFirst());
            return;
        }

        var next = proposal.Adopted() ?? (MakePlan(view) is { } plan ? BuildNext(view, plan) : null);
        if (next is null) _proposal = null; // What was to be done has settled itself meanwhile.
        else StartPhaseTwo(view, next);
    }

    private void StartPhaseTwo(View? view, View next)
    {
        var proposal = _proposal!;
        proposal.Fix(next);
        var accept = new MembershipMessage.Accept(proposal.Instance, proposal.Ballot, next);
        if (view is null)
        {
            foreach (var voter in _options.Nodes.Where(n => n.IsVoter)) SendTo(voter.Id, accept);
            return;
        }

        foreach (var acceptor in view.Acceptors) SendTo(acceptor.Node, accept);
    }

    private void OnAccepted(MemberId from, MembershipMessage.Accepted accepted)
    {
        if (_proposal is not { View: { } next } proposal || proposal.Instance != accepted.Instance) return;
        if (proposal.Ballot != accepted.Ballot || accepted.ViewHash != next.Hash || !IsVoteOf(from)) return;
        proposal.Accepted(from.Node, accepted);
        if (!proposal.IsChosen) return;

        var quorum = View?.Quorum ?? 1;
        var answers = proposal.AcceptedBy.ToList();
        Learn(next, isConfirmed: true, member => Fences.AcrossQuorum(member, answers, quorum));
        var decided = new MembershipMessage.Decided(next, _fences.Remaining(_now));
        foreach (var peer in _peers.Values)
        {
            if (peer.Identity is { } identity) Send(identity.Member, decided);
        }
    }

    /// <summary>A vote counts from a voter's node; frames bind it to the disk that its channel named.</summary>
    private bool IsVoteOf(MemberId from)
    {
        if (View is not { } view) return _options.Find(from.Node)?.IsVoter ?? false;
        var disk = from == _self ? _disk : _peers.GetValueOrDefault(from.Node)?.Identity?.Disk;
        return view.AcceptorOn(from.Node)?.Disk == disk;
    }

    private void OnRefused(MembershipMessage.Refused refused)
    {
        if (_proposal is not { } proposal || refused.Ballot != proposal.Ballot) return;
        if (refused.Instance != proposal.Instance) return;
        _highestRound = Math.Max(_highestRound, refused.Promised.Round);
        _proposal = null;
        _retryAt = _now + _options.Profile.Stagger * (1 + 2 * _random.Unit());
    }

    private void OnDecided(MembershipMessage.Decided decided)
    {
        var fences = decided.Fences;
        Learn(decided.View, isConfirmed: false, member =>
            fences.FirstOrDefault(f => f.Member == member)?.Remaining ?? _options.Profile.Grant);
    }

    private void OnPullView(MemberId from, MembershipMessage.PullView pull)
    {
        if (View is { } view && view.Epoch > pull.From)
        {
            Send(from, new MembershipMessage.Decided(view, _fences.Remaining(_now)));
        }
    }

    /// <summary>
    /// Formation (agreement.md 2.7): only when every configured voter is blank; the lowest proposes, all must accept.
    /// So amnesia cannot start an old cluster anew, and any two attempts meet in every voter.
    /// </summary>
    private void ConsiderFormation()
    {
        if (_isLeaving || !IsVoter || _now < _retryAt) return;
        if (_proposal is { } running && _now - running.StartedAt < ProposalTimeout) return;
        var voters = _options.Nodes.Where(n => n.IsVoter).ToList();
        if (voters[0].Id != _self.Node) return;
        foreach (var voter in voters)
        {
            if (voter.Id != _self.Node && !_peers[voter.Id].IsBlank) return;
        }

        var ballot = new Ballot(++_highestRound, _self);
        _proposal = new Proposal(new Epoch(1), ballot, _now, voters.Count);
        foreach (var voter in voters) SendTo(voter.Id, new MembershipMessage.Prepare(new Epoch(1), ballot));
    }

    private View BuildFirst() => ViewBuilder.First(
        new ClusterId(_random.NextId()),
        _options.Nodes.Where(n => n.IsVoter).Select(n => n.Id == _self.Node
            ? new Member(_self, _disk, n.Kind)
            : new Member(_peers[n.Id].Identity!.Member, _peers[n.Id].Identity!.Disk, n.Kind)),
        _policy);

    private View BuildNext(View view, Plan plan) =>
        ViewBuilder.Next(view, plan.Evicted, plan.Admitted, _wantedChange, _policy);
}
