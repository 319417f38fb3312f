namespace Understudy.Contracts;

/// <summary>What happened lately on a node, oldest first: <c>GET /api/v1/timeline</c>.</summary>
public sealed record TimelineDocument
{
    /// <summary>The path it is served at.</summary>
    public const string Path = "/api/v1/timeline";

    /// <summary>The node that answers.</summary>
    public required string Node { get; init; }

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

    /// <summary>The failover it belongs to, the same on all nodes: <c>e17</c> for the change to epoch 17.</summary>
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
    public const string Accused = "accused";
    public const string ViewProposed = "viewProposed";
    public const string ViewInstalled = "viewInstalled";
    public const string SelectionWon = "selectionWon";
    public const string PrimaryActivated = "primaryActivated";
    public const string PrimaryDeposed = "primaryDeposed";
    public const string Configured = "configured";
    public const string Evicted = "evicted";
    public const string Alarm = "alarm";
    public const string Noted = "noted";
}
