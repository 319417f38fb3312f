using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>Commands that move the RM itself.</summary>
internal sealed partial class CommandRules
{
    private CommandAnswer SwitchoverRm(NodeId? wanted)
    {
        if (decision.Self is not { } self) return Unknown(Registry.Name);
        if (decision.Rm.Operation is { } present)
        {
            return CommandAnswer.Refused(
                $"The replica manager is being switched over to {present.Target} already. Abort that first.");
        }

        if (wanted == self.Node) return CommandAnswer.Done($"The replica manager is on {wanted} already.");
        if (!RmPlanner.MayPropose(decision, self))
        {
            return CommandAnswer.Refused(
                $"{self.Node}, where the replica manager is, has a new disk, so its vote does not count: it cannot "
                + "have the view agreed that moves the replica manager. Stop that node instead.");
        }

        if ((wanted ?? RmPlanner.BestTarget(decision, self)) is not { } target)
        {
            return CommandAnswer.Refused(
                "No other node has an in-sync copy of the registry and may host the replica manager now.");
        }

        if (RmPlanner.WhyNoTarget(decision, target) is { } wrong) return CommandAnswer.Refused(wrong);
        decision.Put(decision.Rm with
        {
            Operation = new Operation(
                target, OperationStage.BringUp, decision.Elapsed, $"an operator asked for {target}"),
        });
        return CommandAnswer.Accepted(RmPlanner.IsInSync(decision, target)
            ? $"The replica manager goes to {target} when all that it has decided is committed. "
                + "Services go on meanwhile."
            : $"The registry's copy on {target} is brought up first, then the replica manager goes there.");
    }

    private CommandAnswer AbortRm()
    {
        if (decision.Rm.Operation is not { } operation)
        {
            return CommandAnswer.Refused("No switchover of the replica manager is under way.");
        }

        decision.Put(decision.Rm with { Operation = null });
        return CommandAnswer.Done(
            $"The switchover of the replica manager to {operation.Target} is given up; it goes on where it is.");
    }
}
