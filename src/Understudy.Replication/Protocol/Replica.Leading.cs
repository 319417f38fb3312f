using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>The primary's side: executing, sending checkpoints, committing, confirming reads.</summary>
public sealed partial class Replica
{
    private readonly SortedDictionary<MemberId, Follower> _followers = [];
    private readonly Queue<Waiting> _waiting = new();
    private readonly Queue<(long Token, long Sequence, long Round)> _confirming = new();
    private long _selfDurable;
    private long _confirmedRound;
    private bool _isLone;
    private bool _isRoundWanted;
    private long? _askedToken;
    private long _askedSequence;
    private long _askedRound;
    private TimeSpan _askedAt;
    private long _quorumSequence;
    private long _quorumRound;
    private long _lastToken;
    private TimeSpan _ledSince;

    /// <summary>An answer that may not leave before its checkpoint is released and its round is confirmed.</summary>
    private readonly record struct Waiting(RequestId Id, ReadOnlyMemory<byte> Body, long Sequence, long Round);

    /// <summary>How far the providers that are being brought up have come.</summary>
    public ImmutableArray<JoiningProgress> Joining =>
    [
        .. _followers.Values.Where(f => !f.IsInSync).Select(Progress),
    ];

    /// <summary>Whether everything that was asked is executed, committed and answered.</summary>
    public bool IsDrained =>
        _waiting.Count == 0 && _confirming.Count == 0 && Committed == _log.LastSequence
        && _hosted is not { Requests: > 0 };

    /// <summary>Executes a request, or finds its answer if it was executed before (OnceOnly).</summary>
    /// <returns>How it was taken; the answer follows as an effect unless the key was reused.</returns>
    public AnswerKind Submit(ReplicationMessage.Request request)
    {
        if (Role != ReplicaRole.Primary) return AnswerKind.NotPrimary;
        if (_hosted is { } hosted) return hosted.Handle(request, KeepKeysFor, _effects);
        if (request.IsRead)
        {
            var read = State.Read(request.Body);
            Wait(request.Id, read, isRead: true);
            return AnswerKind.Done;
        }

        switch (State.Find(request, out var known))
        {
            case OnceOnlyVerdict.Known:
                // Perhaps executed but not yet committed: the answer waits as the first one does.
                Wait(request.Id, known, isRead: false);
                return AnswerKind.Done;
            case OnceOnlyVerdict.KeyReused:
                return AnswerKind.KeyReused;
            case OnceOnlyVerdict.Outdated:
                return AnswerKind.NotPrimary;
            default:
                var execution = State.Execute(request, _now - _ledSince, KeepKeysFor, _mutations);
                Append(execution.Checkpoint);
                Wait(request.Id, execution.Answer, isRead: false);
                return AnswerKind.Done;
        }
    }

    /// <summary>How long this primary remembers a client's key, unless there are too many.</summary>
    public TimeSpan KeepKeysFor { get; set; } = ServiceDefinition.DefaultKeepKeysFor;

    /// <summary>
    /// Adds a checkpoint of the primary's own making; the state has changed already. It leaves at the batch's end.
    /// </summary>
    /// <returns>Its number.</returns>
    public long Append(ReadOnlyMemory<byte> checkpoint)
    {
        Invariant.Holds(Role == ReplicaRole.Primary, "OnePrimary: only a primary makes checkpoints");
        if (_sent == _log.LastSequence) _openedAt = _now;
        var entry = new LogEntry(Version, _log.LastSequence + 1, checkpoint);
        _log.Append(entry);
        _applied = entry.Sequence;
        IsBatchOpen = true;
        if (_isDurable)
        {
            _unwritten.Add(entry);
            _isOwnWordDue = true;
        }
        else
        {
            _selfDurable = entry.Sequence;
        }

        return entry.Sequence;
    }

    public void OnAppended(MemberId from, ReplicationMessage.Appended appended)
    {
        if (from == _self)
        {
            // What was flushed in an older version may have been truncated since: only this version's word counts.
            if (appended.Version == Version) _selfDurable = Math.Max(_selfDurable, appended.Sequence);
            IsBatchOpen = true;
            return;
        }

        if (Role != ReplicaRole.Primary || appended.Version != Version) return;
        if (!_followers.TryGetValue(from, out var follower)) return;
        follower.HeardAt = _now;
        if (!appended.IsMatched)
        {
            Rewind(follower, appended.Sequence);
            return;
        }

        follower.Matched = Math.Max(follower.Matched, appended.Sequence);
        // What it was only asked about meanwhile was not sent to it.
        if (!follower.IsMatched || follower.Next <= follower.Matched) follower.Next = follower.Matched + 1;
        follower.IsMatched = true;
        follower.Round = Math.Max(follower.Round, appended.Round);
        ConsiderJoining(follower);
        IsBatchOpen = true;
    }

    /// <summary>A voter quorum confirms that this lone provider is still in the latest view.</summary>
    public void OnQuorum(long token)
    {
        if (_askedToken != token) return;
        _askedToken = null;
        _quorumSequence = Math.Max(_quorumSequence, _askedSequence);
        _quorumRound = Math.Max(_quorumRound, _askedRound);
        Advance();
    }

    /// <summary>Sends again what was not answered, and gives up on those who do not answer.</summary>
    public void Tick()
    {
        if (Role != ReplicaRole.Primary) return;
        TickAudit();
        if (_sent < _log.LastSequence && IsDue) IsBatchOpen = true;
        foreach (var follower in _followers.Values)
        {
            if (follower.Transfer is not null)
            {
                TickTransfer(follower);
            }
            else if (IsBehind(follower))
            {
                follower.Reminders = 0;
                if (_now - follower.SentAt >= _profile.Heartbeat)
                {
                    // The log may have been compacted past what it has: then the snapshot comes first.
                    follower.Next = (follower.IsMatched ? follower.Matched : Outgoing) + 1;
                    SendAppend(follower);
                }
            }
            else if (_now - follower.SentAt >= ReminderAfter(follower))
            {
                follower.Reminders++;
                SendAppend(follower); // What it was told last may have been lost.
            }

            GiveUpSlow(follower);
            ConsiderJoining(follower);
        }

        if (_askedToken is not null && _now - _askedAt > _profile.Heartbeat) _askedToken = null;
        Advance();
    }

    /// <summary>A silence at first, and later seldom: most services have nothing to say most of the time.</summary>
    private TimeSpan ReminderAfter(Follower follower)
    {
        var after = _profile.Silence * (1 << Math.Min(follower.Reminders, MostDoublings));
        return after < LongestReminder || follower.Reminders == 0 ? after : LongestReminder;
    }

    private static readonly TimeSpan LongestReminder = TimeSpan.FromSeconds(10);

    private bool IsBehind(Follower follower) =>
        !follower.IsMatched || follower.Matched < Outgoing ||
        (follower.MustAcknowledge && follower.Round < _round) || follower.Committed < Committed;

    private void Wait(RequestId id, ReadOnlyMemory<byte> answer, bool isRead)
    {
        var round = isRead && !IsPeriodic ? JoinRound() : 0;
        var sequence = Allows(Mutation.ReadUncommitted) || !isRead ? _log.LastSequence : 0;
        WaitFor(new Waiting(id, answer, sequence, round));
    }

    private void WaitFor(Waiting waiting)
    {
        _waiting.Enqueue(waiting);
        IsBatchOpen = true;
    }

    /// <summary>
    /// One that is under way may have been answered before this read: it takes the next one, which begins at the
    /// batch's end or when the one under way is confirmed.
    /// </summary>
    private long JoinRound()
    {
        _isRoundWanted = true;
        return _round + 1;
    }

    private void NextRound()
    {
        _round++;
        foreach (var follower in _followers.Values)
        {
            if (follower.MustAcknowledge) SendAppend(follower);
        }
    }

    private void Pump(Follower follower)
    {
        if (!follower.IsMatched) return;

        // If the log was compacted past what this follower has, it gets the snapshot, when it is its turn.
        if (follower.Transfer is null && follower.Next <= _log.BaseSequence) StartTransfer(follower);
        while (follower.Transfer is null
            && follower.Next > _log.BaseSequence
            && follower.Next <= Outgoing
            && follower.Matched >= follower.LastBegan)
        {
            SendAppend(follower);
        }
    }

    private void SendAppend(Follower follower)
    {
        if (follower.Transfer is not null) return;
        var previous = follower.Next - 1;
        if (previous < _log.BaseSequence)
        {
            StartTransfer(follower);
            return;
        }

        var most = (int)Math.Min(ReplicaLimits.EntriesPerMessage, Outgoing - previous);
        var entries = follower.IsMatched && most > 0
            ? _log.From(follower.Next, most, ReplicaLimits.BytesPerMessage)
            : [];
        if (!entries.IsEmpty) follower.LastBegan = previous;
        follower.Next += entries.Length;
        follower.SentAt = _now;
        follower.Committed = Committed;
        Send(follower.Provider.Member, new ReplicationMessage.Append(
            _service, Version, previous, _log.VersionAt(previous), entries, Committed, _round));
    }

    /// <summary>
    /// Goes back to where the logs may agree; or sends the whole state, if the log does not reach back.
    /// </summary>
    private void Rewind(Follower follower, long hint)
    {
        if (follower.Transfer is not null || follower.IsMatched) return;
        follower.Next = Math.Max(1, Math.Min(follower.Next - 1, hint + 1));
        SendAppend(follower);
    }

    /// <summary>Commits what every provider that must acknowledge has, and answers what may be answered.</summary>
    private void Advance()
    {
        if (Role != ReplicaRole.Primary) return;
        var committed = Math.Min(Math.Min(_selfDurable, _commitLimit), Outgoing);
        var round = _round;
        foreach (var follower in _followers.Values)
        {
            var mustAck = follower.IsInSync || (follower.MarkedAt is not null && Allows(Mutation.JoiningNotAcked));
            var mustConfirm = follower.IsInSync || (follower.MarkedAt is not null && Allows(Mutation.ReadsSkipJoining));
            if (mustAck && Allows(Mutation.CommitWithoutAllInSync)) committed = Math.Min(committed, follower.Matched);
            if (mustConfirm) round = Math.Min(round, follower.Round);
        }

        if (_isLone && Allows(Mutation.LonePrimaryWithoutQuorum))
        {
            if (committed > _quorumSequence || round > _quorumRound) AskQuorum();
            committed = Math.Min(committed, _quorumSequence);
            round = Math.Min(round, _quorumRound);
        }

        Committed = Math.Max(Committed, committed);
        Release();
        if (round > _confirmedRound) _confirmedRound = round;
        Answer();
        ConsiderSnapshot();
        if (!_isRoundWanted || _confirmedRound < _round) return;
        _isRoundWanted = false;
        NextRound();
        Advance();
    }

    private void AskQuorum()
    {
        if (_askedToken is not null) return;
        _askedToken = ++_lastToken;
        _askedSequence = Outgoing;
        _askedRound = _round;
        _askedAt = _now;
        _effects.Add(new ReplicaEffect.AskQuorum(_askedToken.Value));
    }

    private void Answer()
    {
        if (!Allows(Mutation.ReadUncommitted)) AnswerReadsAhead();
        while (_waiting.TryPeek(out var first) && first.Sequence <= Released && first.Round <= _confirmedRound)
        {
            _waiting.Dequeue();
            Answer(first);
        }

        while (_confirming.TryPeek(out var asked) && asked.Sequence <= Committed && asked.Round <= _confirmedRound)
        {
            _confirming.Dequeue();
            _hosted!.NoteConfirmed(asked.Token, _effects);
        }
    }

    private void Answer(Waiting waiting) =>
        _effects.Add(new ReplicaEffect.Answer(waiting.Id, waiting.Body, Version));

    /// <summary>The mutant: a read passes the writes before it, whose effects it may have seen.</summary>
    private void AnswerReadsAhead()
    {
        for (var left = _waiting.Count; left > 0; left--)
        {
            var waiting = _waiting.Dequeue();
            if (waiting.Sequence > 0 || waiting.Round > _confirmedRound) _waiting.Enqueue(waiting);
            else Answer(waiting);
        }
    }
}
