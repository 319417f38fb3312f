using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Decides where an exclusive service runs (agreement.md 4.14). It has no state that could be sealed, so between two
/// holders it is vacant, in a version of its own: nobody else is ordered to run it before it is certain that the last
/// holder does not. The last holder itself may be ordered again at any time.
/// </summary>
internal sealed class ExclusivePlanner(Decision decision, ServiceEntry entry, Profile profile)
{
    private Configuration Present => entry.Configuration;

    public void Plan()
    {
        if (!Present.IsStarted) Start();
        else if (Present.Primary is { } holder && decision.Contains(holder)) ConsiderMove(holder);
        else Succeed();
        decision.Put(entry);
    }

    /// <summary>The first holder ever: nobody can have run it before.</summary>
    private void Start()
    {
        if (decision.IsHeld(entry) || decision.AwaitsHosts) return;
        if (!entry.Definition.After.All(name => decision.Find(name) is not { Configuration.Primary: null })) return;
        if (Best(null) is { } first) Appoint(first);
    }

    /// <summary>It stays where it is, unless an operator or a rule wants it elsewhere, or its node goes.</summary>
    private void ConsiderMove(MemberId holder)
    {
        var isLeaving = decision.IsLeaving(holder.Node);
        var wanted = entry.Operation;
        if (wanted is not null && (!MayRun(wanted.Target) || wanted.Target == holder.Node)) wanted = null;
        var isFailing = entry.IsFailingOn(holder.Node);
        if (wanted is null && (isFailing || !MayRun(holder.Node)) && (isLeaving || !decision.IsHeld(entry)))
        {
            var why = isLeaving ? $"{holder.Node} is leaving"
                : isFailing ? $"its code failed too often on {holder.Node}"
                : $"{holder.Node} may not run it";
            var isBetter = Best(holder.Node) is { } best && (!MayRun(holder.Node) || !entry.IsFailingOn(best.Id.Node));
            if (isBetter && Best(holder.Node) is { } other) wanted = Towards(other.Id.Node, why);
        }

        // A node that leaves stops it even if there is nobody who could run it.
        if (wanted is not null || isLeaving) Vacate(wanted);
        else entry = entry with { Operation = null, Placement = [holder.Node], IsStopped = isFailing };
    }

    /// <summary>The holder has gone or was told to stop.</summary>
    private void Succeed()
    {
        var holder = entry.Holder;
        var wanted = entry.Operation is { } operation && MayRun(operation.Target) && !IsOverdue(operation)
            ? operation
            : null;
        if (decision.HasEnded(entry))
        {
            if ((wanted is null ? Best(null) : decision.Find(wanted.Target)) is { } next)
            {
                decision.Cause = wanted?.Cause ?? decision.Cause;
                Appoint(next);
                return;
            }
        }
        else if (wanted is null && decision.Contains(holder) && MayRun(holder.Node))
        {
            Appoint(decision.Find(holder.Node)!); // It was to move, and stays after all.
            return;
        }

        Vacate(wanted);
    }

    private bool IsOverdue(Operation operation) =>
        GroupPlanner.IsOverdue(operation, decision.Elapsed, profile);

    private void Appoint(Member member) => entry = entry with
    {
        Operation = null,
        IsStopped = entry.IsFailingOn(member.Id.Node),
        Placement = [member.Id.Node],
        Configuration = Present with
        {
            Lineage = new Lineage(1),
            Primary = member.Id,
            InSync = [new Provider(member.Id, member.Disk)],
        },
    };

    private void Vacate(Operation? operation) => entry = entry with
    {
        Operation = operation,
        Placement = [],
        Configuration = Present with { Primary = null },
    };

    private Operation Towards(NodeId target, string cause) =>
        new(target, OperationStage.BringUp, decision.Elapsed, cause);

    private bool MayRun(NodeId node) => decision.IsStaying(node) && decision.MayHost(entry, node);

    /// <summary>
    /// Where its code does not fail; preferred nodes first, then those apart from what shall be, then the least loaded.
    /// </summary>
    private Member? Best(NodeId? except)
    {
        var preferred = entry.Definition.Preferred;
        return decision.Hosts
            .Where(m => MayRun(m.Id.Node) && m.Id.Node != except)
            .OrderBy(m => entry.IsFailingOn(m.Id.Node))
            .ThenBy(m => preferred.IndexOf(m.Id.Node) is >= 0 and var place ? place : int.MaxValue)
            .ThenBy(m => entry.Definition.Apart.Count(name => decision.PrimaryNode(name) == m.Id.Node))
            .ThenBy(m => decision.PrimariesOn(m.Id.Node))
            .ThenBy(m => decision.ProvidersOn(m.Id.Node))
            .ThenByDescending(m => m.Id.Node)
            .FirstOrDefault();
    }
}
