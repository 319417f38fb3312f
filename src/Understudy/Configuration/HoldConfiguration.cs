namespace Understudy;

/// <summary>
/// How many requests for a service wait on each node, from when they come until they are answered: while the service
/// has no primary, is moved, or is slow. What is more is answered 503 at once.
/// </summary>
public sealed record HoldConfiguration
{
    /// <summary>The greatest <see cref="MaxRequests"/>.</summary>
    public const int MostRequests = 1_000_000;

    /// <summary>The least <see cref="MaxBytes"/>: the longest request, 1 MB and headers, finds room.</summary>
    public const int LeastBytes = 2 << 20;

    /// <summary>The greatest <see cref="MaxBytes"/>.</summary>
    public const int MostBytes = 1 << 30;

    /// <summary>The greatest <see cref="Time"/>.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>What a service has unless something else is said.</summary>
    public static HoldConfiguration Default { get; } = new();

    /// <summary>How many requests may wait. From 1 to 1,000,000; default 10,000.</summary>
    public int MaxRequests { get; init; } = 10_000;

    /// <summary>
    /// How many bytes their bodies may have, those that are being read among them. From 2 MB to 1 GB; default 64 MB.
    /// </summary>
    public int MaxBytes { get; init; } = 64 << 20;

    /// <summary>
    /// How long one may wait for its answer. From 1 second to 1 hour; default 5 s, or three silence limits if that is
    /// more (15 s with <c>wan</c>).
    /// </summary>
    public TimeSpan? Time { get; init; }

    internal bool IsGood =>
        MaxRequests is >= 1 and <= MostRequests
        && MaxBytes is >= LeastBytes and <= MostBytes
        && (Time is not { } time || (time >= TimeSpan.FromSeconds(1) && time <= Longest));
}
