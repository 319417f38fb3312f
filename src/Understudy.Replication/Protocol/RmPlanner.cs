using Understudy.Kernel;
using Understudy.Selection;

namespace Understudy.Replication.Protocol;

/// <summary>
/// The RM's own switchover (agreement.md 3.4): the target's copy of the registry gets in sync, commands are held until
/// all that was decided is committed, and then a view is asked for that prefers that copy. Who is primary in it the
/// selection decides, as always. Arithmetic only.
/// </summary>
internal static class RmPlanner
{
    /// <param name="decision">What is being decided.</param>
    /// <param name="self">This node, whose RM is the primary.</param>
    /// <param name="version">The version of the RM's configuration.</param>
    /// <param name="profile">All timings.</param>
    public static void Plan(Decision decision, MemberId self, ConfigurationVersion version, Profile profile)
    {
        if (decision.Rm.Primary != self)
        {
            var left = decision.Rm.Operation is { } under && under.Target != self.Node ? under : null;
            decision.Put(new RmEntry(self, version, left));
        }

        if (decision.Rm.Operation is { } operation) Continue(decision, self, operation, profile);
        else ConsiderMove(decision, self);
    }

    /// <summary>The in-sync copy's node that could take over now: the one with the fewest primaries.</summary>
    public static NodeId? BestTarget(Decision decision, MemberId self)
    {
        var targets = decision.Hosts.Select(m => m.Id.Node)
            .Where(n => n != self.Node && IsInSync(decision, n) && WhyNoTarget(decision, n) is null)
            .OrderBy(decision.PrimariesOn).ThenByDescending(n => n).ToList();
        return targets.Count == 0 ? null : targets[0];
    }

    public static bool IsInSync(Decision decision, NodeId node) =>
        decision.Find(node) is { } member && RmConfiguration.Of(decision.View).IsInSync(node, member.Disk);

    /// <summary>Why a node cannot host the RM's primary, now or when its copy is in sync; null if it can.</summary>
    public static string? WhyNoTarget(Decision decision, NodeId node)
    {
        if (decision.Find(node) is not { } member) return $"{node} is no member of the cluster now.";
        if (member.Kind != NodeKind.Voter) return $"{node} keeps no copy of the registry: only voters do.";
        if (!RmConfiguration.Of(decision.View).Eligible(decision.View).Any(m => m.Id == member.Id))
        {
            return $"{node} keeps no copy of the registry: {RmConfiguration.MaxReplicas} other voters do, which is the "
                + "most.";
        }

        if (decision.IsLeaving(node)) return $"{node} is leaving.";
        if (decision.IsDrainedNode(node)) return $"{node} is drained. Undrain it first.";
        return decision.Node(node).IsQuarantined ? $"{node} is quarantined. Release it first." : null;
    }

    /// <summary>Whether this node can have views agreed, as its vote counts.</summary>
    public static bool MayPropose(Decision decision, MemberId self) => decision.View.Acceptors.Any(
        voter => voter.Node == self.Node && voter.Disk == decision.Find(self.Node)?.Disk);

    private static void Continue(Decision decision, MemberId self, Operation operation, Profile profile)
    {
        var isInSync = IsInSync(decision, operation.Target);
        var mayGoOn = WhyNoTarget(decision, operation.Target) is null && MayPropose(decision, self)
            && (isInSync || operation.Stage == OperationStage.BringUp);
        if (!mayGoOn || GroupPlanner.IsOverdue(operation, decision.Elapsed, profile))
        {
            decision.Put(decision.Rm with { Operation = null });
        }
        else if (isInSync && operation.Stage == OperationStage.BringUp)
        {
            decision.Put(decision.Rm with { Operation = operation.Frozen(decision.Elapsed) });
        }
    }

    /// <summary>Away from a node that is to host nothing; else the RM stays put.</summary>
    private static void ConsiderMove(Decision decision, MemberId self)
    {
        var node = decision.Node(self.Node);
        if (!node.IsBarred || decision.IsClusterHeld || decision.IsBackingOff(Registry.Name)) return;
        if (!MayPropose(decision, self) || BestTarget(decision, self) is not { } target) return;
        var cause = $"{self.Node} is {(node.IsDrained ? "drained" : "quarantined")}";
        decision.Put(decision.Rm with
        {
            Operation = new Operation(target, OperationStage.Freeze, decision.Elapsed, cause),
        });
    }
}
