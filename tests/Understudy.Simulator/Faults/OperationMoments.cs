using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Simulator.Faults;

/// <summary>
/// The moments within an operation at which the loss of the RM can hurt: what the RM's newest committed decision began,
/// went on with or ended. Whom it concerns besides the RM, if somebody.
/// </summary>
internal static class OperationMoments
{
    public static IEnumerable<(FaultKind Kind, NodeId? Partner)> Between(ServiceMap before, ServiceMap after)
    {
        foreach (var entry in after.Services)
        {
            if (before.Find(entry.Definition.Name) is not { } old || ReferenceEquals(old, entry)) continue;
            foreach (var moment in Between(old, entry)) yield return moment;
        }

        foreach (var node in after.Nodes)
        {
            var was = before.Nodes.Any(n => n.Node == node.Node && n.IsDrained);
            if (node.IsDrained && !was) yield return (FaultKind.RmLostInDrain, node.Node);
        }

        if (after.Rm.Operation is { } move && move.Stage != before.Rm.Operation?.Stage)
            yield return (FaultKind.RmLostInItsMove, move.Target);
        else if (after.Rm.Operation is null && before.Rm.Operation is not null)
            yield return (FaultKind.RmLostInItsMove, after.Rm.Primary?.Node);
    }

    private static IEnumerable<(FaultKind Kind, NodeId? Partner)> Between(ServiceEntry old, ServiceEntry entry)
    {
        var primary = entry.Configuration.Primary?.Node;
        if (entry.Operation is { } operation && operation.Stage != old.Operation?.Stage)
        {
            var isFreeze = operation.Stage == OperationStage.Freeze;
            yield return (isFreeze ? FaultKind.RmLostInFreeze : FaultKind.RmLostInBringUp, operation.Target);
            yield return (isFreeze ? FaultKind.RmLostInFreeze : FaultKind.RmLostInBringUp, primary);
        }

        if (old.Operation is not null && entry.Operation is null)
            yield return (FaultKind.RmLostInPromotion, primary);
        if (entry.Placement.Length > old.Placement.Length)
            yield return (FaultKind.RmLostInBringUp, entry.Placement[^1]);
        if (entry.Excluded.Length > old.Excluded.Length)
            yield return (FaultKind.RmLostInRemoval, entry.Excluded[^1]);
        if ((entry.Recovery is not null && old.Recovery is null)
            || entry.Configuration.Lineage != old.Configuration.Lineage)
        {
            yield return (FaultKind.RmLostInRecovery, primary);
        }

        if (entry.Audits.Asked != old.Audits.Asked) yield return (FaultKind.RmLostInAudit, primary);
    }
}
