using Understudy.Contracts;

namespace Understudy.Cli.Operations;

/// <summary>The replica manager's own switchover: its primary moves away from where it was.</summary>
/// <param name="target">Where to, or null for anywhere else.</param>
/// <param name="before">The status before it was asked for.</param>
internal sealed class RmMove(string? target, StatusDocument before) : IOperationWatch
{
    private readonly string? _from = before.ReplicaManager?.Primary;
    private bool _wasSeen;

    public Progress Look(StatusDocument status)
    {
        var now = status.ReplicaManager;
        if (now?.Operation is { } operation)
        {
            _wasSeen = true;
            return new Progress.UnderWay($"The replica manager goes to {operation.Target}: {operation.WaitsFor}.");
        }

        if (now?.Primary is not { } primary)
            return new Progress.UnderWay("The replica manager has no primary at this moment.");
        if (primary != _from)
        {
            return target is null || primary == target
                ? new Progress.Done($"The replica manager is on {primary} now.")
                : new Progress.GivenUp($"The replica manager is on {primary} now, and not on {target}.");
        }

        var text = $"The replica manager is still on {primary}, and nothing moves it: the operation was given up. "
            + $"See understudy history --service {CommandDocument.ReplicaManager}.";
        return _wasSeen ? new Progress.GivenUp(text) : new Progress.Unseen(text);
    }
}
