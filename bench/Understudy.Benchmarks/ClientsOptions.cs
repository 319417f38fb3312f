namespace Understudy.Benchmarks;

/// <summary>The parts of what <c>clients</c> measures.</summary>
[Flags]
internal enum ClientsParts
{
    /// <summary>What a way in adds to a request.</summary>
    Added = 1,

    /// <summary>How long clients wait when the primary is killed.</summary>
    Gap = 2,

    /// <summary>What TCP forwarding lets through.</summary>
    Tcp = 4,

    /// <summary>How soon held requests are answered.</summary>
    Resume = 8,

    All = Added | Gap | Tcp | Resume,
}

/// <summary>What to measure of the ways in.</summary>
/// <param name="Parts">Which parts.</param>
/// <param name="Duration">How long to compare each way with none.</param>
/// <param name="Trials">How many primaries are killed.</param>
/// <param name="Rounds">How often each way of TCP is measured.</param>
/// <param name="Held">How many requests are held at one node.</param>
/// <param name="IsDurable">Whether the services whose primaries are lost are durable.</param>
/// <param name="Json">Whether to end with one JSON object.</param>
internal sealed record ClientsOptions(
    ClientsParts Parts, TimeSpan Duration, int Trials, int Rounds, int Held, bool IsDurable, bool Json);
