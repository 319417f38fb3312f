using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>An operator's word after a total loss.</summary>
internal sealed partial class CommandRules
{
    private CommandAnswer Recover(ServiceName service, NodeId? from, bool acceptsLoss)
    {
        if (decision.Find(service) is not { } entry) return Unknown(service);
        if (entry.Definition.IsExclusive)
        {
            return CommandAnswer.Refused(
                $"{service} is a worker: it has no state that could be lost or recovered. Its status says what it "
                + "waits for.");
        }

        if (!entry.Configuration.IsStarted)
        {
            return CommandAnswer.Refused($"{service} has not been started yet: there is nothing to recover.");
        }

        var survivors = ConfigurationPlanner.Survivors(entry, decision);
        if (!survivors.IsEmpty)
        {
            var nodes = string.Join(", ", survivors.Select(p => p.Member.Node));
            return CommandAnswer.Refused($"Nothing is lost: {nodes} has every acknowledged update of {service}.");
        }

        if (ConfigurationPlanner.Returned(entry, decision) is { Id.Node: var back })
        {
            return CommandAnswer.Refused(
                $"{back} is back with the disk that has every acknowledged update of {service}, and its provider has "
                + $"not said yet whether it can use it. If the status of {back} says that it refuses the format, start "
                + "it with a program that knows it; to give that disk up, stop the node first.");
        }

        if (from is { } node && decision.Find(node) is not { Kind: not NodeKind.Witness })
        {
            return CommandAnswer.Refused($"{node} is no member of the cluster that hosts services now.");
        }

        if (from is { } holder && decision.Find(holder) is { } member && entry.IsVoid(member.Disk))
        {
            return CommandAnswer.Refused(
                $"The copy of {service} on {holder} is void: nothing of it can be used. Recover {service} empty, or "
                + "from another copy.");
        }

        if (!acceptsLoss) return CommandAnswer.Refused(WhatIsLost(entry, from));
        decision.Put(entry with { Recovery = new Recovery(from) });
        return CommandAnswer.Accepted(
            $"{service} goes on {(from is null ? "empty" : $"from the copy on {from}")} as soon as the leases of its "
            + "last providers have run out. Their copies are kept aside, and are not used again.");
    }

    private static string WhatIsLost(ServiceEntry entry, NodeId? from)
    {
        var name = entry.Definition.Name;
        var holders = string.Join(" or ", entry.Configuration.InSync.Select(p => p.Member.Node));
        var wait = entry.Definition.Durable
            ? $"{holders} with its disk would bring {name} back whole."
            : $"The in-sync copies of {name} were in memory on {holders}, and are gone.";
        var loss = from is null
            ? "To begin empty loses every update."
            : $"To go on from the copy on {from} loses every update that it lacks.";
        return $"{wait} {loss} Say that you accept this.";
    }
}
