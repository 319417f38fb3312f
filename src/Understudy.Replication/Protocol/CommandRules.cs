using System.Diagnostics;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// What each command changes, and what its operator is told. Nothing is changed by a command that is refused; what
/// follows from the change (providers brought up, primaries moved) is the planner's.
/// </summary>
internal sealed partial class CommandRules(Decision decision, Registry registry)
{
    /// <summary>As many as are tested: a whole map of them fits in one checkpoint several times over.</summary>
    public const int MostServices = 10_000;

    public CommandAnswer Obey(OperatorCommand command) => command switch
    {
        OperatorCommand.AddService c => Add(c.Definition),
        OperatorCommand.ChangeService c => Change(c.Definition),
        OperatorCommand.RemoveService c => Remove(c.Service),
        OperatorCommand.AddProvider c => AddProvider(c.Service, c.Node),
        OperatorCommand.RemoveProvider c => RemoveProvider(c.Service, c.Node),
        OperatorCommand.Switchover c when c.Service == Registry.Name => SwitchoverRm(c.Target),
        OperatorCommand.Switchover c => Switchover(c.Service, c.Target),
        OperatorCommand.Abort c when c.Service == Registry.Name => AbortRm(),
        OperatorCommand.Abort c => Abort(c.Service),
        OperatorCommand.Failover c => Failover(c.Service, c.AcceptsLoss),
        OperatorCommand.Drain c => Drain(c.Node),
        OperatorCommand.Undrain c => Undrain(c.Node),
        OperatorCommand.Recover c => Recover(c.Service, c.From, c.AcceptsLoss),
        OperatorCommand.Release c => Release(c.Node),
        OperatorCommand.Hold c => Hold(c.Service, true),
        OperatorCommand.Resume c => Hold(c.Service, false),
        OperatorCommand.Audit c => Audit(c.Service),
        _ => throw new UnreachableException($"Unknown command {command}."),
    };

    private static CommandAnswer Unknown(ServiceName service) =>
        CommandAnswer.Refused($"There is no service {service}.");

    private CommandAnswer Add(ServiceDefinition definition)
    {
        var name = definition.Name;
        if (decision.Find(name) is not null)
        {
            return CommandAnswer.Refused($"{name} exists already. Change it, or choose another name.");
        }

        if (registry.WasRemoved(name))
        {
            return CommandAnswer.Refused(
                $"There was a service {name}, and a node that was down then may still have its state. "
                + "Choose another name.");
        }

        if (registry.Services.Length >= MostServices)
        {
            return CommandAnswer.Refused(
                $"There are {registry.Services.Length} services already. A cluster may have {MostServices}.");
        }

        if (WhyWrong(definition) is { } wrong) return CommandAnswer.Refused(wrong);
        if (registry.Services.Any(e =>
            e.Definition.Kind == definition.Kind && e.Definition.IsExclusive != definition.IsExclusive))
        {
            return CommandAnswer.Refused(
                $"The kind \"{definition.Kind}\" is that of a worker: the application adds each by AddPrimaryOnly.");
        }

        var hosts = decision.Hosts.Select(m => decision.Node(m.Id.Node)).ToList();
        if (!hosts.Exists(n => n.Offers(definition.Kind)))
        {
            var kinds = hosts.SelectMany(n => n.Kinds).Distinct().Order(StringComparer.Ordinal);
            return CommandAnswer.Refused(
                $"No node has code for the kind \"{definition.Kind}\". They have {string.Join(", ", kinds)}.");
        }

        decision.Put(new ServiceEntry(definition, Configuration.NotStarted(name)));
        return CommandAnswer.Accepted($"{name} is defined. Its primary is started on the best node that may host it.");
    }

    private CommandAnswer Change(ServiceDefinition definition)
    {
        var name = definition.Name;
        if (decision.Find(name) is not { } entry) return Unknown(name);
        if (entry.Definition.Kind != definition.Kind || entry.Definition.Durable != definition.Durable
            || entry.Definition.IsExclusive != definition.IsExclusive)
        {
            return CommandAnswer.Refused(
                $"The kind and the durability of {name}, and whether it is exclusive, cannot be changed. "
                + "Add another service instead.");
        }

        if (WhyWrong(definition) is { } wrong) return CommandAnswer.Refused(wrong);
        decision.Put(entry with { Definition = definition });
        return CommandAnswer.Accepted($"{name} is changed. Its providers are moved where that is needed.");
    }

    private CommandAnswer Remove(ServiceName name)
    {
        if (decision.Find(name) is not { } entry) return Unknown(name);
        var dependents = registry.Services.Select(e => e.Definition)
            .Where(d => d.With.Contains(name) || d.After.Contains(name)).Select(d => d.Name).ToList();
        if (dependents.Count > 0)
        {
            return CommandAnswer.Refused(
                $"{string.Join(", ", dependents)} depends on {name}. Remove or change what depends on it first.");
        }

        decision.Remove(name);
        return CommandAnswer.Done(entry.Definition.IsExclusive
            ? $"{name} is removed. Whoever runs it stops it when it hears of it."
            : $"{name} is removed. Every node deletes its state when it hears of it.");
    }

    private CommandAnswer AddProvider(ServiceName service, NodeId node)
    {
        if (decision.Find(service) is not { } entry) return Unknown(service);
        if (decision.Find(node) is null) return CommandAnswer.Refused($"{node} is no member of the cluster now.");
        if (!entry.Definition.Allows(node))
        {
            return CommandAnswer.Refused($"The rules of {service} do not allow {node}. Change the service first.");
        }

        if (!entry.Excluded.Contains(node))
        {
            return CommandAnswer.Done(entry.Definition.IsExclusive
                ? $"{node} may run {service} already. It is a worker: one node at a time does."
                : $"{node} may host {service} already. How many nodes do is said by the service's secondaries.");
        }

        decision.Put(entry with { Excluded = entry.Excluded.Remove(node) });
        return CommandAnswer.Accepted(entry.Definition.IsExclusive
            ? $"{node} may run {service} again, when it is its turn."
            : $"{node} may host {service} again, and is brought up when one is wanted.");
    }

    private CommandAnswer RemoveProvider(ServiceName service, NodeId node)
    {
        if (decision.Find(service) is not { } entry) return Unknown(service);
        if (entry.Excluded.Contains(node)) return CommandAnswer.Done($"{node} hosts no provider of {service}.");
        var present = entry.Configuration;
        var hasOther = present.InSync.Any(p => p.Member.Node != node && decision.Contains(p.Member));
        if (!entry.Definition.IsExclusive && entry.IsInSyncOn(node) && !hasOther)
        {
            return CommandAnswer.Refused(
                $"{node} has the last in-sync provider of {service}: removing it would lose the state. "
                + "Wait until another one is brought up.");
        }

        decision.Put(entry with { Excluded = entry.Excluded.Add(node) });
        if (entry.Definition.IsExclusive)
        {
            return CommandAnswer.Accepted(present.Primary?.Node == node
                ? $"{service} is stopped on {node} when another node can run it, and then runs there."
                : $"{node} does not run {service} any more.");
        }

        return CommandAnswer.Accepted(present.Primary?.Node == node
            ? $"{service} is switched over to another node, then its provider on {node} is removed."
            : $"The provider of {service} on {node} is removed.");
    }

    private CommandAnswer Drain(NodeId node)
    {
        if (decision.Find(node) is null) return CommandAnswer.Refused($"{node} is no member of the cluster now.");
        if (decision.IsDrainedNode(node)) return CommandAnswer.Done($"{node} is drained already.");
        decision.Put(decision.Node(node) with { IsDrained = true });
        return CommandAnswer.Accepted(
            $"{node} gets nothing new. Its primaries are switched over, and its secondaries are brought up elsewhere "
            + "where a node may host them. The replica manager leaves it too.");
    }

    private CommandAnswer Undrain(NodeId node)
    {
        if (!decision.IsDrainedNode(node)) return CommandAnswer.Done($"{node} is not drained.");
        decision.Put(decision.Node(node) with { IsDrained = false });
        return CommandAnswer.Done($"{node} takes part again. Nothing is moved to it that need not move.");
    }

    private CommandAnswer Release(NodeId node)
    {
        if (!decision.Node(node).IsQuarantined) return CommandAnswer.Done($"{node} is not quarantined.");
        decision.Put(decision.Node(node) with { IsQuarantined = false, Exits = [] });
        return CommandAnswer.Done(
            $"{node} takes part again, and its exits are forgotten. Nothing is moved to it that need not move.");
    }

    private CommandAnswer Hold(ServiceName? service, bool isHeld)
    {
        var done = isHeld
            ? "Nothing is placed or moved until it is resumed. A failover is still done."
            : "Whatever waited is done now.";
        if (service is not { } name)
        {
            decision.Hold(isHeld);
            return CommandAnswer.Done($"The cluster is {(isHeld ? "held" : "resumed")}. {done}");
        }

        if (decision.Find(name) is not { } entry) return Unknown(name);
        if (!isHeld) entry = FailureBudget.Forgive(entry);
        decision.Put(entry with { IsHeld = isHeld });
        return CommandAnswer.Done($"{name} is {(isHeld ? "held" : "resumed")}. {done}");
    }

    private CommandAnswer Audit(ServiceName name)
    {
        if (decision.Find(name) is not { } entry) return Unknown(name);
        if (entry.Definition.IsExclusive)
        {
            return CommandAnswer.Refused($"{name} is a worker: it has no state that could be compared.");
        }

        if (entry.Configuration.Primary is null)
        {
            return CommandAnswer.Refused($"{name} has no primary now, so nothing can be compared. Wait until it has.");
        }

        if (entry.Configuration.InSync.Length == 1)
        {
            return CommandAnswer.Refused(
                $"{name} has one in-sync provider, and nothing to compare it with. Wait until another is brought up.");
        }

        decision.Put(entry with { Audits = entry.Audits.Ask() });
        return CommandAnswer.Accepted(
            $"The providers of {name} compare their states at the next checkpoint. The history says what came of it.");
    }
}
