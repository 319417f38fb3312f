using Understudy.Contracts;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;
using NodeStatus = Understudy.Protocol.NodeStatus;

namespace Understudy.Hosting;

/// <summary>Writes what a node knows of one service as a part of the admin API's status.</summary>
internal static class ServiceStatusReport
{
    public static ServiceStatus Create(
        ServiceEntry entry, NodeStatus status, IReadOnlyCollection<string> kinds, Profile profile)
    {
        var (definition, configuration) = (entry.Definition, entry.Configuration);
        var joining = status.Joining.GetValueOrDefault(definition.Name, []);
        HashSet<NodeId> used =
        [
            .. configuration.InSync.Select(p => p.Member.Node), .. joining.Select(j => j.Member.Node),
        ];
        var spares = status.OpenHosts.Where(host => !used.Contains(host.Node)
            && entry.Allows(host.Node) && host.Entry?.Offers(definition.Kind) != false);
        return new ServiceStatus
        {
            Name = definition.Name.Value,
            Kind = definition.Kind,
            Version = configuration.Version.Value,
            Lineage = configuration.Lineage.Value,
            Primary = configuration.Primary?.Node.Value,
            Secondaries = definition.IsExclusive ? [] : SecondariesOf(configuration),
            Joining = [.. joining.Select(JoiningOf)],
            Spares = [.. spares.Take(definition.Spares).Select(host => host.Node.Value)],
            WantedSecondaries = definition.Secondaries,
            WantedSpares = definition.Spares,
            Durability = definition.IsExclusive ? "none" : definition.Durable ? "disk" : "memory",
            Exclusive = definition.IsExclusive,
            WaitsFor = status.Vacant.GetValueOrDefault(definition.Name),
            Held = entry.IsHeld,
            Frozen = entry.IsFrozen,
            Operation = entry.Operation is { } operation ? OperationOf(operation, entry, status) : null,
            Rules = RulesOf(entry),
            MinInSync = definition.MinInSync,
            Checkpoints = definition.IsPeriodic ? "periodic" : "before-reply",
            IntervalSeconds = definition.IsPeriodic ? definition.CheckpointEvery.TotalSeconds : null,
            LossBoundSeconds = definition.IsPeriodic ? definition.BoundOnLoss(profile).TotalSeconds : null,
            UncommittedSeconds = status.Uncommitted.TryGetValue(definition.Name, out var age)
                ? Math.Round(age.TotalSeconds, 3)
                : null,
            KeepKeysSeconds = definition.KeepKeysFor.TotalSeconds,
            AuditEverySeconds = definition.AuditEvery > TimeSpan.Zero ? definition.AuditEvery.TotalSeconds : null,
            TotalLoss = definition.TotalLoss == TotalLossPolicy.StartEmpty ? "start-empty" : "wait",
            Stopped = entry.IsStopped,
            LastError = entry.LastError.Length == 0 ? null : entry.LastError,
            HasCode = kinds.Contains(definition.Kind),
        };
    }

    private static IReadOnlyList<string> SecondariesOf(Configuration configuration) =>
        [.. configuration.InSync.Where(p => p.Member != configuration.Primary).Select(p => p.Member.Node.Value)];

    private static JoiningStatus JoiningOf(JoiningProgress progress) =>
        new(progress.Member.Node.Value, progress.Percent)
        {
            Bytes = progress.Transfer?.Bytes,
            TotalBytes = progress.Transfer?.TotalBytes,
            BytesPerSecond = progress.Transfer is { BytesPerSecond: > 0 and var rate } ? rate : null,
            SecondsLeft = progress.Transfer?.Left?.TotalSeconds,
        };

    private static OperationStatus OperationOf(Operation operation, ServiceEntry entry, NodeStatus status) => new()
    {
        Target = operation.Target.Value,
        Stage = operation.Stage == OperationStage.BringUp ? OperationStages.BringUp : OperationStages.Freeze,
        Since = Math.Round(operation.Since.TotalSeconds, 3),
        Cause = operation.Cause,
        WaitsFor = WaitsFor(operation, entry, status),
    };

    private static string WaitsFor(Operation operation, ServiceEntry entry, NodeStatus status)
    {
        var (name, target) = (entry.Definition.Name, operation.Target);
        if (status.Vacant.TryGetValue(name, out var why)) return why;
        if (operation.Stage == OperationStage.Freeze)
            return $"{entry.Configuration.Primary?.Node} finishes what {name} has in flight";
        if (entry.IsInSyncOn(target)) return $"the services that move with {name}";
        foreach (var joining in status.Joining.GetValueOrDefault(name, []))
            if (joining.Member.Node == target) return $"{target} is brought up, {joining.Percent} %";
        return $"{target} is about to be brought up";
    }

    private static RulesStatus RulesOf(ServiceEntry entry) => new()
    {
        Prefer = [.. entry.Definition.Preferred.Select(node => node.Value)],
        Only = [.. entry.Definition.Only.Select(node => node.Value)],
        Never = [.. entry.Definition.Never.Select(node => node.Value)],
        With = [.. entry.Definition.With.Select(service => service.Value)],
        After = [.. entry.Definition.After.Select(service => service.Value)],
        Apart = [.. entry.Definition.Apart.Select(service => service.Value)],
        Removed = [.. entry.Excluded.Select(node => node.Value)],
    };
}
