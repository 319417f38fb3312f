using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

/// <summary>The voter's side: promises, acceptances, currency (agreement.md 2.5, DESIGN 4).</summary>
public sealed partial class MembershipMonitor
{
    private readonly SortedDictionary<NodeId, ulong> _seenOfUs = [];
    private readonly SortedDictionary<long, (long Version, SortedSet<NodeId> Confirmed)> _currency = [];
    private bool _mustRecover;
    private bool _isRolledBack;
    private TimeSpan? _acceptedSince;

    /// <summary>Whether this voter may vote: not before peers have confirmed that its disk was not set back.</summary>
    private bool MayVote => !_mustRecover && !_isRolledBack;

    private void OnPrepare(MemberId from, MembershipMessage.Prepare prepare)
    {
        if (!IsAnswerable(from, prepare.Instance) || !MayVote || prepare.Ballot.Round <= 0) return;
        if (!_acceptor.TryPromise(prepare.Ballot))
        {
            Send(from, new MembershipMessage.Refused(
                prepare.Instance, prepare.Ballot, _acceptor.Record.Promised!.Value));
            return;
        }

        PersistAcceptor();
        var record = _acceptor.Record;
        Send(
            from,
            new MembershipMessage.Promise(
                prepare.Instance, prepare.Ballot, record.AcceptedBallot, record.AcceptedView),
            isDurable: Allows(Mutation.PromiseBeforeFlush));
    }

    private void OnAccept(MemberId from, MembershipMessage.Accept accept)
    {
        if (!IsAnswerable(from, accept.Instance) || !MayVote) return;
        // H26: under plain order a greater node's ballot 0 would pass; it belongs to the heir alone.
        if (accept.Ballot.Round == 0 && View?.Heir != accept.Ballot.Proposer) return;
        if (!_acceptor.TryAccept(accept.Ballot, accept.View))
        {
            Send(from, new MembershipMessage.Refused(
                accept.Instance, accept.Ballot, _acceptor.Record.Promised!.Value));
            return;
        }

        _acceptedSince ??= _now;
        PersistAcceptor();
        Send(
            from,
            new MembershipMessage.Accepted(
                accept.Instance, accept.Ballot, accept.View.Hash, RemainingOfEvicted(accept.View)),
            isDurable: Allows(Mutation.PromiseBeforeFlush));
    }

    /// <summary>Answers what is decided already; asks for what it lacks; ignores what it has no vote in.</summary>
    private bool IsAnswerable(MemberId from, Epoch instance)
    {
        if (View is not { } view) return instance.Value == 1 && IsVoter;
        if (instance <= view.Epoch)
        {
            Send(from, new MembershipMessage.Decided(view, _fences.Remaining(_now)));
            return false;
        }

        if (instance > view.Epoch.Next)
        {
            Send(from, new MembershipMessage.PullView(view.Epoch));
            return false;
        }

        return IsAcceptor(view);
    }

    private void PersistAcceptor()
    {
        _effects.Add(new MembershipEffect.Persist(
            StoredMembership.AcceptorKey, MembershipCodec.EncodeAcceptor(_acceptor.Record)));
        Send(_self, new MembershipMessage.RecordsDurable(_acceptor.Record.WriteCounter), isDurable: true);
    }

    private ImmutableArray<RemainingLease> RemainingOfEvicted(View next)
    {
        if (View is not { } view) return [];
        return
        [
            .. view.Members.Where(m => !next.Contains(m.Id)).Select(m => new RemainingLease(
                m.Id, _detector.HasLeft(m.Id) ? TimeSpan.Zero : _leases.RemainingOf(m.Id, _now))),
        ];
    }

    private void OnRecordsDurable(MembershipMessage.RecordsDurable durable)
    {
        if (durable.WriteCounter > _durableWriteCounter) _durableWriteCounter = durable.WriteCounter;
    }

    /// <summary>
    /// H9: before it votes again, a restarted voter hears from a quorum how many of its records they have seen. A
    /// peer that remembers more than the disk holds has seen promises that the disk forgot.
    /// </summary>
    private void NoteSeenOfUs(NodeId peer, ulong seen)
    {
        if (!_mustRecover || View is not { } view || view.AcceptorOn(peer) is null) return;
        _seenOfUs[peer] = seen;
        if (seen > _acceptor.Record.WriteCounter && !_isRolledBack)
        {
            _isRolledBack = true;
            _effects.Add(new MembershipEffect.Alarm(
                $"Node {_self.Node} does not vote: {peer} has seen {seen} of its records, its disk holds " +
                $"{_acceptor.Record.WriteCounter}. The disk was set back (a snapshot or backup?). Replace the voter."));
        }

        RecoverIfHeard(view);
    }

    private void RecoverIfHeard(View view)
    {
        if (_mustRecover && _seenOfUs.Count + 1 >= view.Quorum) _mustRecover = false;
    }

    private void OnCurrencyAsked(MemberId from, MembershipMessage.CurrencyAsked asked)
    {
        if (View is not { } view || !IsAcceptor(view) || !MayVote) return;
        var isLatest = Admits(view, from) &&
            (asked.Version == AnyVersion || _policy.VersionOf(view.Attachment) == asked.Version);
        // An accepted but unlearned successor must refuse: it may be chosen already (DESIGN 4).
        var isUnsettled = _acceptor.HasAccepted && Allows(Mutation.CurrencyAfterAccept);
        if (isLatest && isUnsettled) _acceptedSince = TimeSpan.Zero; // Drive that instance to its end.
        Send(from, new MembershipMessage.CurrencyAnswered(asked.Token, isLatest && !isUnsettled));
    }

    private void AskCurrency(long token, long version)
    {
        if (View is not { } view) return;
        while (_currency.Count >= MaxCurrencyQuestions) _currency.Remove(_currency.Keys.First());
        _currency[token] = (version, []);
        foreach (var acceptor in view.Acceptors)
        {
            SendTo(acceptor.Node, new MembershipMessage.CurrencyAsked(token, version));
        }
    }

    private void OnCurrencyAnswered(MemberId from, MembershipMessage.CurrencyAnswered answered)
    {
        if (!_currency.TryGetValue(answered.Token, out var question) || View is not { } view) return;
        if (!answered.IsCurrent || view.AcceptorOn(from.Node) is null) return;
        question.Confirmed.Add(from.Node);
        if (question.Confirmed.Count < view.Quorum) return;
        _currency.Remove(answered.Token);
        _effects.Add(new MembershipEffect.ConfirmCurrency(answered.Token));
    }

    /// <summary>Questions that nobody answers are asked anew by those who need them; old ones are dropped.</summary>
    private const int MaxCurrencyQuestions = 256;

    /// <summary>Asks only whether the asker is in the latest view: for a lone provider of a service.</summary>
    public const long AnyVersion = -1;
}
