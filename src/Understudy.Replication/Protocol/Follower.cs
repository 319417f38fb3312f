using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>What a primary knows of one provider that follows it, in one configuration.</summary>
internal sealed class Follower(Provider provider, bool isInSync, long next, TimeSpan now)
{
    private long _lagMark;
    private TimeSpan _lagMarkedAt;

    public Provider Provider { get; } = provider;

    public bool IsInSync { get; set; } = isInSync;

    /// <summary>
    /// The end of the log when this provider was marked joining, or null. From then on it must acknowledge; the mark
    /// cannot be undone within the version (agreement.md H28).
    /// </summary>
    public long? MarkedAt { get; set; }

    /// <summary>Marked, and its incarnation has left the view: only the next version ends the mark.</summary>
    public bool IsGone { get; set; }

    /// <summary>Whether commits and reads wait for it.</summary>
    public bool MustAcknowledge => IsInSync || MarkedAt is not null;

    /// <summary>Everything up to here is acknowledged in this version.</summary>
    public long Matched { get; set; }

    /// <summary>Whether it has answered at all in this version, and so where its log stands is known.</summary>
    public bool IsMatched { get; set; }

    /// <summary>The next entry to send.</summary>
    public long Next { get; set; } = next;

    /// <summary>
    /// The entry before the last message that took entries. Until that one is acknowledged no further message does: two
    /// are under way at most, and what comes meanwhile fills the next.
    /// </summary>
    public long LastBegan { get; set; }

    /// <summary>The highest read round it has answered.</summary>
    public long Round { get; set; }

    /// <summary>When it last answered, or when something was first sent after all was answered.</summary>
    public TimeSpan HeardAt { get; set; } = now;

    public TimeSpan SentAt { get; set; } = now;

    /// <summary>The snapshot that is being transferred, or null.</summary>
    public Snapshot? Transfer { get; set; }

    /// <summary>How much of it has arrived, in bytes.</summary>
    public long TransferOffset { get; set; }

    /// <summary>Whether it waits for its turn to get the snapshot.</summary>
    public bool IsTransferWanted { get; set; }

    /// <summary>Whether it has said how much of the snapshot it has; when, and how much that was.</summary>
    public bool HasTransferAnswer { get; set; }

    public TimeSpan TransferSince { get; set; }

    public long TransferFrom { get; set; }

    /// <summary>How much of it was sent.</summary>
    public long TransferSent { get; set; }

    /// <summary>When it was last answered that more of it has arrived.</summary>
    public TimeSpan TransferMovedAt { get; set; }

    /// <summary>Whether it is being brought up, and needs the log after what it has.</summary>
    public bool NeedsLog => !MustAcknowledge && (Transfer is not null || HasTransferAnswer || IsMatched);

    /// <summary>Since when it has kept up without a break, or null.</summary>
    public TimeSpan? KeptUpSince { get; set; }

    /// <summary>Whether its leaving for being behind was counted in this version.</summary>
    public bool IsCountedAsLaggard { get; set; }

    /// <summary>The commit position it was last told.</summary>
    public long Committed { get; set; }

    /// <summary>How often it was told again what it has, since it was last behind.</summary>
    public int Reminders { get; set; }

    public TimeSpan WantedAt { get; set; }

    /// <summary>
    /// For at least how long it has lacked something: the end of the log is marked, and marked anew when the follower
    /// has reached it.
    /// </summary>
    public TimeSpan Lag(long last, TimeSpan now)
    {
        if (Matched < _lagMark) return now - _lagMarkedAt;
        (_lagMark, _lagMarkedAt) = (last, now);
        return TimeSpan.Zero;
    }
}
