namespace Understudy.Contracts;

/// <summary>What the answering node has of the requests for one service.</summary>
public sealed record RequestsStatus
{
    /// <summary>The service; <c>~unknown</c> stands for all names that are no service's.</summary>
    public required string Service { get; init; }

    /// <summary>How many are not answered: they wait for a primary, its answer, or the rest of a body.</summary>
    public required int Waiting { get; init; }

    /// <summary>How many bytes their bodies have, as far as they have come.</summary>
    public required long Bytes { get; init; }

    /// <summary>How long the one has waited that waits longest, in seconds; 0 if none does.</summary>
    public required double LongestSeconds { get; init; }

    /// <summary>How many, since the node started, were refused because of a bound.</summary>
    public required long Refused { get; init; }

    /// <summary>How many may wait: <c>max-requests</c>.</summary>
    public required int MaxWaiting { get; init; }

    /// <summary>How many bytes they may have: <c>max-bytes</c>.</summary>
    public required long MaxBytes { get; init; }

    /// <summary>How long one may wait: <c>seconds</c>.</summary>
    public required double MaxSeconds { get; init; }
}
