using Understudy.Kernel;

namespace Understudy.Protocol;

/// <summary>
/// By when the runs of workers in one process must have ended. A run lasts at most as long as the view lease of the
/// incarnation that began it: it is cancelled before, given up a little later, and at the lease's very end the process
/// is killed by something that needs nothing of the process. Its times are on one clock that all incarnations share.
/// </summary>
internal sealed class RunDeadlines(Profile profile, Mutation mutations = Mutation.None)
{
    private readonly SortedDictionary<long, Run> _runs = [];
    private TimeSpan _leaseUntil = TimeSpan.MinValue;

    /// <summary>One run, as far as its end is concerned.</summary>
    private sealed class Run
    {
        /// <summary>The end of the lease of an incarnation that has ended; null while it goes on.</summary>
        public TimeSpan? LastLease { get; set; }

        /// <summary>When it was cancelled, or null.</summary>
        public TimeSpan? CancelledAt { get; set; }

        /// <summary>Whether it was given up.</summary>
        public bool IsOverdue { get; set; }
    }

    /// <summary>When the process must be dead if a run has not ended; null while none is there.</summary>
    public TimeSpan? KillAt
    {
        get
        {
            if ((mutations & Mutation.WorkerOutlivesLease) != 0) return null;
            TimeSpan? first = null;
            foreach (var run in _runs.Values)
            {
                var end = EndOf(run);
                if (first is null || end < first) first = end;
            }

            return first;
        }
    }

    /// <summary>When <see cref="TakeDue"/> has something to say again if nothing else happens; null if never.</summary>
    public TimeSpan? NextAt
    {
        get
        {
            TimeSpan? first = null;
            foreach (var run in _runs.Values)
            {
                if (NextOf(run) is { } next && (first is null || next < first)) first = next;
            }

            return first;
        }
    }

    /// <summary>The lease of the present incarnation lasts until then; it only grows.</summary>
    public void Extend(TimeSpan leaseUntil)
    {
        if (leaseUntil > _leaseUntil) _leaseUntil = leaseUntil;
    }

    /// <summary>A run is about to begin.</summary>
    /// <returns>False if the lease is about to end: it must not begin.</returns>
    public bool TryBegin(long run, TimeSpan now)
    {
        if (_leaseUntil - now <= profile.WorkerMargin) return false;
        _runs.Add(run, new Run());
        return true;
    }

    /// <summary>The run was told to stop.</summary>
    public void Cancel(long run, TimeSpan now)
    {
        if (_runs.TryGetValue(run, out var known)) known.CancelledAt ??= now;
    }

    /// <summary>None of the run's code runs any more.</summary>
    public void End(long run) => _runs.Remove(run);

    /// <summary>
    /// The incarnation has ended: all its runs are told to stop, and no later lease is theirs.
    /// </summary>
    public void EndIncarnation(TimeSpan now)
    {
        foreach (var run in _runs.Values)
        {
            run.LastLease ??= _leaseUntil;
            run.CancelledAt ??= now;
        }

        _leaseUntil = TimeSpan.MinValue;
    }

    /// <summary>What is to be done now.</summary>
    /// <param name="now">The present time.</param>
    /// <param name="cancel">The runs to be told to stop, for the lease is about to end.</param>
    /// <param name="overdue">The runs that were told, and for which the process must not wait any longer.</param>
    public void TakeDue(TimeSpan now, List<long> cancel, List<long> overdue)
    {
        foreach (var (number, run) in _runs)
        {
            if (run.CancelledAt is null && now >= EndOf(run) - profile.WorkerMargin)
            {
                run.CancelledAt = now;
                cancel.Add(number);
            }
            else if (run is { IsOverdue: false, CancelledAt: { } since } && now >= OverdueAt(run, since))
            {
                run.IsOverdue = true;
                overdue.Add(number);
            }
        }
    }

    private TimeSpan EndOf(Run run) => run.LastLease ?? _leaseUntil;

    private TimeSpan? NextOf(Run run) => run.IsOverdue ? null
        : run.CancelledAt is { } since ? OverdueAt(run, since)
        : EndOf(run) - profile.WorkerMargin;

    /// <summary>Early enough to say why before the process is killed.</summary>
    private TimeSpan OverdueAt(Run run, TimeSpan cancelledAt)
    {
        var (byLease, byLimit) = (EndOf(run) - profile.LeaseMargin / 2, cancelledAt + profile.CallLimit);
        return byLease < byLimit ? byLease : byLimit;
    }
}
