namespace Understudy.Contracts;

/// <summary>What happened lately on a node, oldest first: <c>GET /api/v1/timeline</c>.</summary>
public sealed record TimelineDocument
{
    /// <summary>The path it is served at.</summary>
    public const string Path = "/api/v1/timeline";

    /// <summary>The node that answers.</summary>
    public required string Node { get; init; }

    /// <summary>What happened, the oldest first; a bounded number.</summary>
    public required IReadOnlyList<TimelineEvent> Events { get; init; }
}

/// <summary>One thing that happened on a node.</summary>
public sealed record TimelineEvent
{
    /// <summary>
    /// When, in nanoseconds of the machine's monotonic clock (a Stopwatch timestamp, converted by its frequency);
    /// comparable between the processes of one machine.
    /// </summary>
    public required long MonotonicNanoseconds { get; init; }

    /// <summary>
    /// The failover it belongs to, the same on all nodes: <c>e17</c> for the change to epoch 17, <c>e17.v12</c> for a
    /// planned change of primary in it that led to version 12.
    /// </summary>
    public required string Failover { get; init; }

    /// <summary>One of <see cref="TimelineKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>The service it concerns, if one.</summary>
    public string? Service { get; init; }

    /// <summary>The configuration version it concerns, if one.</summary>
    public long? Version { get; init; }

    /// <summary>The epoch it concerns, if one.</summary>
    public long? Epoch { get; init; }

    /// <summary>The same for people, on one line.</summary>
    public required string Text { get; init; }
}

/// <summary>What can happen on a node: <see cref="TimelineEvent.Kind"/>.</summary>
public static class TimelineKinds
{
    /// <summary>A member gave cause for an accusation.</summary>
    public const string Accused = "accused";
    /// <summary>This node proposed the next view.</summary>
    public const string ViewProposed = "viewProposed";
    /// <summary>This node installed a view that it is a member of.</summary>
    public const string ViewInstalled = "viewInstalled";
    /// <summary>This node's replica manager won the selection.</summary>
    public const string SelectionWon = "selectionWon";
    /// <summary>This node's provider became a service's primary and serves.</summary>
    public const string PrimaryActivated = "primaryActivated";
    /// <summary>This node's provider is no longer a service's primary.</summary>
    public const string PrimaryDeposed = "primaryDeposed";
    /// <summary>This node runs a worker from now on.</summary>
    public const string WorkerStarted = "workerStarted";
    /// <summary>A worker has ended on this node.</summary>
    public const string WorkerStopped = "workerStopped";
    /// <summary>This node adopted a service's configuration.</summary>
    public const string Configured = "configured";
    /// <summary>This incarnation was evicted.</summary>
    public const string Evicted = "evicted";
    /// <summary>Something needs an operator's eye.</summary>
    public const string Alarm = "alarm";
    /// <summary>Something worth a line in the log.</summary>
    public const string Noted = "noted";
}
