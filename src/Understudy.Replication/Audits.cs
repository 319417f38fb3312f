namespace Understudy.Replication;

/// <summary>How often a service's providers were to be compared, and were.</summary>
/// <param name="Asked">The number of the last audit that was asked for.</param>
/// <param name="Done">The number of the last one that has ended.</param>
/// <param name="At">When it ended, in the RM's time.</param>
public readonly record struct Audits(long Asked, long Done, TimeSpan At)
{
    /// <summary>Whether one is asked for that has not ended.</summary>
    public bool IsWanted => Asked > Done;

    /// <summary>One more is asked for, unless one is already.</summary>
    public Audits Ask() => this with { Asked = Math.Max(Asked, Done + 1) };
}
