using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>Commands that move primaries, and what is wrong with a definition.</summary>
internal sealed partial class CommandRules
{
    private ImmutableArray<ServiceEntry> Group(ServiceName service) =>
        [.. registry.Groups.Of(service).Select(decision.Find).OfType<ServiceEntry>()];

    private CommandAnswer Switchover(ServiceName service, NodeId? wanted)
    {
        if (decision.Find(service) is not { } entry) return Unknown(service);
        var group = Group(service);
        if (entry.IsVacant)
        {
            return CommandAnswer.Refused(
                $"{service} is a worker that runs nowhere now; there is nothing to move. See what it waits for.");
        }

        if (group.FirstOrDefault(e => e.Configuration.Primary is null) is { } waiting)
        {
            return CommandAnswer.Refused(
                $"{waiting.Definition.Name} has no primary now; there is nothing to switch over. See its status.");
        }

        if (entry.Operation is { } present)
        {
            return CommandAnswer.Refused(
                $"{service} is being switched over to {present.Target} already. Abort that first.");
        }

        if ((wanted ?? BestTarget(group, entry)) is not { } target)
        {
            return CommandAnswer.Refused(
                $"No other node has an in-sync provider of {Names(group)} and may be primary. "
                + "Name a node to bring up.");
        }

        if (WhyNoTarget(group, target) is { } wrong) return CommandAnswer.Refused(wrong);
        if (entry.Configuration.Primary?.Node == target)
        {
            return CommandAnswer.Done($"The primary of {service} is on {target} already.");
        }

        Move(group, target, $"an operator asked for {target}");
        if (entry.Definition.IsExclusive)
        {
            return CommandAnswer.Accepted(
                $"{service} is stopped on {entry.Holder.Node}; when it has ended there, {target} runs it.");
        }

        return CommandAnswer.Accepted(group.All(e => e.IsInSyncOn(target))
            ? $"{Names(group)}: clients are held, and {target} takes over when nothing is in flight."
            : $"{Names(group)}: {target} is brought up to secondary first, then it takes over.");
    }

    private CommandAnswer Abort(ServiceName service)
    {
        if (decision.Find(service) is not { } entry) return Unknown(service);
        if (entry.Operation is not { } operation)
        {
            return CommandAnswer.Refused($"No switchover of {service} is under way, or its new primary was ordered.");
        }

        foreach (var each in Group(service)) decision.Put(each with { Operation = null });
        return CommandAnswer.Done(
            $"The switchover of {service} to {operation.Target} is given up; its primary goes on.");
    }

    private CommandAnswer Failover(ServiceName service, bool acceptsLoss)
    {
        if (decision.Find(service) is not { } entry) return Unknown(service);
        // Without state there is nothing to lose, and nothing may be hurried.
        if (entry.Definition.IsExclusive) return Switchover(service, null);
        var group = Group(service);
        if (BestTarget(group, entry) is not { } target)
        {
            return CommandAnswer.Refused(
                $"No other node has an in-sync provider of {Names(group)}: a failover would lose the state.");
        }

        if (!acceptsLoss)
        {
            return CommandAnswer.Refused(
                $"{target} would take over {Names(group)} at once. No acknowledged update is lost; what is in flight "
                + "may take effect or not, and its clients are not told which. Say that you accept this.");
        }

        TakeOver(group, target);
        return CommandAnswer.Accepted($"{target} takes over {Names(group)}.");
    }

    /// <summary>
    /// Not asked by an operator: most providers agree against the primary's state. What it has in flight rests on that
    /// state, so nothing is drained first; gateways ask the next primary again. If no other node has all of the group,
    /// it is brought up where the others of the service are, as for a switchover.
    /// </summary>
    /// <returns>False if nothing is changed: automation is held, or nobody can follow.</returns>
    public bool Relieve(ServiceName service)
    {
        if (decision.Find(service) is not { } entry) return false;
        var group = Group(service);
        if (group.Any(e => decision.IsHeld(e) || e.Configuration.Primary is null)) return false;
        if (BestTarget(group, entry) is { } ready) TakeOver(group, ready);
        else if (entry.Operation is not null) return true;
        else if (BestTarget(group, entry, isWhole: false) is { } target)
            Move(group, target, $"most providers of {service} agree against its primary's state");
        else return false;
        return true;
    }

    private void Move(ImmutableArray<ServiceEntry> group, NodeId target, string cause)
    {
        foreach (var each in group)
        {
            if (each.Configuration.Primary?.Node == target) continue;
            decision.Put(each with
            {
                Operation = new Operation(target, OperationStage.BringUp, decision.Elapsed, cause),
            });
        }
    }

    private void TakeOver(ImmutableArray<ServiceEntry> group, NodeId target)
    {
        foreach (var each in group)
        {
            var provider = each.Configuration.InSync.First(p => p.Member.Node == target);
            decision.Put(each with
            {
                Operation = null,
                Configuration = each.Configuration with { Primary = provider.Member },
            });
        }
    }

    /// <summary>
    /// The node that could take all of them over now from where the service is: one that has some of their primaries
    /// already, else the least loaded. If it need not have the whole group yet: one that could when that is brought up.
    /// </summary>
    private NodeId? BestTarget(ImmutableArray<ServiceEntry> group, ServiceEntry service, bool isWhole = true)
    {
        var nodes = service.Definition.IsExclusive
            ? decision.Hosts.Select(m => m.Id.Node)
            : service.Configuration.InSync.Where(p => decision.Contains(p.Member)).Select(p => p.Member.Node)
                .Where(n => !isWhole || group.All(e => e.IsInSyncOn(n)));
        var targets = nodes
            .Where(n => n != service.Configuration.Primary?.Node && WhyNoTarget(group, n) is null)
            .OrderByDescending(n => group.Count(e => e.Configuration.Primary?.Node == n))
            .ThenBy(decision.PrimariesOn).ThenByDescending(n => n).ToList();
        return targets.Count == 0 ? null : targets[0];
    }

    private string? WhyNoTarget(ImmutableArray<ServiceEntry> group, NodeId target)
    {
        if (decision.Find(target) is not { } member) return $"{target} is no member of the cluster now.";
        if (member.Kind == NodeKind.Witness) return $"{target} is a witness: it hosts no services.";
        if (decision.IsLeaving(target)) return $"{target} is leaving.";
        if (decision.IsDrainedNode(target)) return $"{target} is drained. Undrain it first.";
        if (decision.Node(target).IsQuarantined) return $"{target} is quarantined. Release it first.";
        if (group.FirstOrDefault(e => e.IsFailingOn(target)) is { Definition.Name: var failing })
        {
            return $"The code of {failing} failed on {target} too often. Resume {failing} when that is mended.";
        }

        if (group.FirstOrDefault(e => !decision.Node(target).Offers(e.Definition.Kind)) is { Definition: var lacking })
        {
            return $"{target} has no code for the kind \"{lacking.Kind}\" of {lacking.Name}.";
        }

        return group.FirstOrDefault(e => !e.Allows(target)) is { } refusing
            ? $"{refusing.Definition.Name} may not be on {target}: its rules or an operator exclude it."
            : null;
    }

    private string? WhyWrong(ServiceDefinition definition)
    {
        var name = definition.Name;
        if (name == Registry.Name || name.Value == Registry.ShortName)
            return $"The name {name} is the replica manager's own.";
        if (definition.Secondaries < 0 || definition.Spares < 0) return $"{name} cannot want fewer than no providers.";
        if (definition.IsExclusive && WhyNotExclusive(definition) is { } why) return why;
        if (definition.MinInSync < 1 || definition.MinInSync > 1 + definition.Secondaries)
        {
            return $"{name} would never take writes: it wants {definition.Secondaries} secondaries, so at most "
                + $"{1 + definition.Secondaries} providers are in sync, and {definition.MinInSync} are demanded.";
        }

        SortedDictionary<ServiceName, ServiceDefinition> all = [];
        foreach (var entry in registry.Services) all.Add(entry.Definition.Name, entry.Definition);
        all[name] = definition;
        foreach (var other in definition.With.Concat(definition.After).Concat(definition.Apart))
        {
            if (all.ContainsKey(other)) continue;
            return $"{name} names the service {other}, which does not exist. Add it first.";
        }

        if (definition.With.Any(sponsor => all[sponsor].IsExclusive))
            return $"{name} cannot be with a worker, which moves alone. Let it start after that one instead.";
        if (ServiceGroups.FindCycle(all) is { } cycle) return $"The services would wait for each other: {cycle}.";
        var group = new ServiceGroups(all.Values).Of(name);
        var both = group.FirstOrDefault(one => all[one].Apart.Any(group.Contains));
        return both.Value is null ? null : $"{both} cannot be both on one node with its group and apart from it.";
    }

    private static string? WhyNotExclusive(ServiceDefinition definition)
    {
        var name = definition.Name;
        var isWithState = definition.Durable || definition.TotalLoss != TotalLossPolicy.Wait;
        if (isWithState || definition.Secondaries > 0 || definition.Spares > 0)
            return $"{name} is a worker: without state, it has no secondaries, spares, durability or total loss.";
        return definition.With.IsEmpty
            ? null
            : $"{name} is a worker: it can start after other services, but not be with them.";
    }

    private static string Names(IEnumerable<ServiceEntry> group) =>
        string.Join(", ", group.Select(e => e.Definition.Name));
}
