using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Mode <c>periodic</c> (decision 0061): the primary answers as soon as its code has run, and what changed leaves at
/// least every interval. What is acknowledged and not committed is bounded: when the oldest of it is older than the
/// bound, further answers wait until it is committed, as all do in mode <c>before-reply</c>.
/// </summary>
public sealed partial class Replica
{
    private readonly Queue<(long Last, TimeSpan Since)> _underWay = new();
    private TimeSpan _interval;
    private TimeSpan _bound;
    private TimeSpan _openedAt;
    private bool _isDueNow;
    private long _sent;

    /// <summary>Every checkpoint up to this one may be acknowledged, and was, if anybody waited for it.</summary>
    public long Released { get; private set; }

    /// <summary>Since when the oldest checkpoint that is not committed is in a primary's log, or null.</summary>
    public TimeSpan? UncommittedSince => Role != ReplicaRole.Primary ? null
        : _underWay.TryPeek(out var first) ? first.Since
        : _log.LastSequence > Math.Max(_sent, Committed) ? _openedAt : null;

    /// <summary>Whether it has acknowledged what the loss of this node would lose.</summary>
    public bool IsAhead => Role == ReplicaRole.Primary && Released > Committed;

    private bool IsPeriodic => _interval > TimeSpan.Zero;

    /// <summary>The last entry that may leave.</summary>
    private long Outgoing => IsPeriodic ? _sent : _log.LastSequence;

    /// <summary>
    /// Whether what the open batch has leaves now. What a tick would find overdue does not wait for it.
    /// </summary>
    private bool IsDue => !IsPeriodic || _isDueNow || _now - _openedAt >= _interval - _profile.Tick
        || _log.LastSequence - _sent >= ReplicaLimits.EntriesPerBatch
        || _log.BytesBetween(_sent, _log.LastSequence) >= ReplicaLimits.BytesPerMessage;

    private bool MayAnswerEarly
    {
        get
        {
            if (!IsPeriodic || _commitLimit != long.MaxValue || _hosted is { IsLeading: false }) return false;
            if (!Allows(Mutation.LossUnbounded)) return true;
            if (UncommittedSince is { } since && _now - since > _bound) return false;
            return _log.LastSequence - Committed <= ReplicaLimits.MostEarlyEntries
                && _log.BytesBetween(Committed, _log.LastSequence) <= ReplicaLimits.MostEarlyBytes;
        }
    }

    /// <summary>
    /// From now on the primary answers early, and checkpoints leave at least this often; zero: it commits before it
    /// answers. What was gathered leaves now.
    /// </summary>
    public void SendEvery(TimeSpan interval)
    {
        if (interval == _interval) return;
        if (Role == ReplicaRole.Primary) CloseBatch();
        _interval = interval;
        _bound = interval + (_profile.Heartbeat * 2);
        if (Role != ReplicaRole.Primary) return;
        // What is under way was not acknowledged yet: it is acknowledged now, and is as old as that.
        if (IsPeriodic && _log.LastSequence > Committed) _underWay.Enqueue((_log.LastSequence, _now));
        IsBatchOpen = true;
    }

    /// <summary>What was gathered is not to wait for the interval's end.</summary>
    public void Hurry()
    {
        if (!IsPeriodic || _sent == _log.LastSequence) return;
        _isDueNow = true;
        IsBatchOpen = true;
    }

    private void NoteUnderWay()
    {
        _isDueNow = false;
        if (IsPeriodic && _log.LastSequence > Math.Max(_sent, Committed))
            _underWay.Enqueue((_log.LastSequence, _openedAt));
        _sent = _log.LastSequence;
    }

    /// <summary>Lets go what may be acknowledged: what is committed, and in mode periodic all there is.</summary>
    private void Release()
    {
        while (_underWay.TryPeek(out var first) && first.Last <= Committed) _underWay.Dequeue();
        var reach = MayAnswerEarly ? _log.LastSequence : Committed;
        if (reach <= Released) return;
        Released = reach;
        _hosted?.NoteReleased(reach, _effects);
    }

    /// <summary>A new primary's log is all under way, and nothing of it is acknowledged by this one.</summary>
    private void BeginReign()
    {
        _underWay.Clear();
        (_sent, Released, _openedAt) = (Committed, Committed, _now);
    }
}
