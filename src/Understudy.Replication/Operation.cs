using Understudy.Kernel;

namespace Understudy.Replication;

/// <summary>How far a switchover is. Until the new primary is ordered it can be given up at any time.</summary>
public enum OperationStage
{
    /// <summary>The target is being brought up to secondary.</summary>
    BringUp = 0,

    /// <summary>The primary holds what comes and finishes what is in flight.</summary>
    Freeze = 1,
}

/// <summary>A switchover that is under way; in the registry, so that the next RM finishes or undoes it.</summary>
/// <param name="Target">The node whose provider shall be primary.</param>
/// <param name="Stage">How far it is.</param>
/// <param name="Since">When this stage began, in the RM's time.</param>
/// <param name="Cause">Why, in words.</param>
public sealed record Operation(NodeId Target, OperationStage Stage, TimeSpan Since, string Cause)
{
    /// <summary>How long the target was brought up before this stage.</summary>
    public TimeSpan BroughtUpIn { get; init; }

    /// <summary>The same, frozen from now on.</summary>
    public Operation Frozen(TimeSpan now) =>
        this with { Stage = OperationStage.Freeze, Since = now, BroughtUpIn = now - Since };
}
