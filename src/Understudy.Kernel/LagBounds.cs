namespace Understudy.Kernel;

/// <summary>How far a provider may be behind before it is left out of the in-sync set (agreement.md 4.5).</summary>
/// <param name="Time">How old a checkpoint may be that it has not acknowledged.</param>
/// <param name="Bytes">
/// How many bytes of checkpoints it may lack. More than a primary's code may have uncommitted, so that its callers wait
/// first.
/// </param>
/// <param name="BacklogEntries">How many checkpoints its own code may be behind its log.</param>
/// <param name="BacklogBytes">How many bytes of checkpoints its own code may be behind its log.</param>
public sealed record LagBounds(TimeSpan Time, long Bytes, int BacklogEntries, long BacklogBytes)
{
    public const long DefaultBytes = 128 << 20;

    public const int DefaultBacklogEntries = 65_536;

    /// <summary>The bounds for a time.</summary>
    public static LagBounds After(TimeSpan time) => new(time, DefaultBytes, DefaultBacklogEntries, DefaultBytes);
}
