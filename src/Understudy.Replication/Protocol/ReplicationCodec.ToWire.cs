using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

public static partial class ReplicationCodec
{
    private static readonly Wire.Plan _nothingPlanned = new();

    private static Wire.Envelope ToWire(ReplicationMessage message) => message switch
    {
        ReplicationMessage.InSyncWanted wanted => new()
        {
            InSyncWanted = new()
            {
                Service = wanted.Service.Value,
                Version = wanted.Version.Value,
                Provider = ToWire(wanted.Provider),
                IsIncluded = wanted.IsIncluded,
                Reason = ToWire(wanted.Reason),
            },
        },
        ReplicationMessage.MapPushed pushed => new() { MapPushed = ToWire(pushed) },
        ReplicationMessage.MapTaken taken => new() { MapTaken = ToWire(taken) },
        ReplicationMessage.Progressed progressed => new()
        {
            Progressed = new()
            {
                Service = progressed.Service.Value,
                Version = progressed.Version.Value,
                Joining =
                {
                    progressed.Joining.Select(each => new Wire.JoiningProgress
                    {
                        Member = ToWire(each.Member),
                        Percent = checked((uint)each.Percent),
                        Transfer = each.Transfer is not { } transfer ? null : new()
                        {
                            Bytes = transfer.Bytes,
                            TotalBytes = transfer.TotalBytes,
                            BytesPerSecond = transfer.BytesPerSecond,
                        },
                    }),
                },
            },
        },
        ReplicationMessage.HandOverWanted => new() { HandOverWanted = new() },
        ReplicationMessage.Frozen frozen => new() { Frozen = ToWire(frozen) },
        ReplicationMessage.KindsOffered offered => new() { KindsOffered = new() { Kinds = { offered.Kinds } } },
        ReplicationMessage.CodeFailed failed => new()
        {
            CodeFailed = new() { Service = failed.Service.Value, Number = failed.Number, Error = failed.Error },
        },
        ReplicationMessage.Vacated vacated => new()
        {
            Vacated = new() { Service = vacated.Service.Value, Version = vacated.Version.Value },
        },
        _ => ToAuditing(message)
            ?? throw new ArgumentException($"{message.GetType().Name} is no control message.", nameof(message)),
    };

    private static Wire.MapPushed ToWire(ReplicationMessage.MapPushed pushed) => new()
    {
        Map = ToWire(pushed.Map),
        Since = pushed.Since,
        Removed = { Names(pushed.Removed) },
        Part = checked((uint)pushed.Part),
        Parts = pushed.Parts == 1 ? 0 : checked((uint)pushed.Parts),
    };

    private static Wire.MapTaken ToWire(ReplicationMessage.MapTaken taken) => new()
    {
        Generation = taken.Generation.Value,
        Sequence = taken.Sequence,
        IsMissed = taken.IsMissed,
    };

    private static Wire.TakenOver ToWire(ReplicationMessage.TakenOver taken) => new()
    {
        Services =
        {
            taken.Services.Select(each => new Wire.Beginning
            {
                Service = each.Service.Value,
                Version = each.Version.Value,
                Position = each.Position,
            }),
        },
        IsNoted = taken.IsNoted,
    };

    private static Wire.Frozen ToWire(ReplicationMessage.Frozen frozen) => new()
    {
        Service = frozen.Service.Value,
        Version = frozen.Version.Value,
        Sequence = frozen.Sequence,
    };

    private static Wire.ServiceMap ToWire(ServiceMap map) => new()
    {
        Generation = map.Generation.Value,
        Sequence = map.Sequence,
        Services = { map.Services.Select(ToWire) },
        Nodes = { map.Nodes.Select(ToWire) },
        IsHeld = map.IsHeld,
        Rm = ToWire(map.Rm),
    };

    private static Wire.RmEntry? ToWire(RmEntry rm) => rm == RmEntry.None ? null : new()
    {
        Primary = rm.Primary is { } primary ? ToWire(primary) : null,
        Version = rm.Version.Value,
        Operation = ToWire(rm.Operation),
    };

    private static Wire.Operation? ToWire(Operation? operation) => operation is null ? null : new()
    {
        Target = operation.Target.Value,
        Stage = (uint)operation.Stage,
        Since = operation.Since.Ticks,
        Cause = operation.Cause,
        BroughtUpIn = operation.BroughtUpIn.Ticks,
    };

    private static Wire.ServiceEntry ToWire(ServiceEntry entry) => new()
    {
        Definition = ToWire(entry.Definition),
        Configuration = ToWire(entry.Configuration),
        Plan = ToWirePlan(entry),
    };

    private static Wire.Plan? ToWirePlan(ServiceEntry entry)
    {
        var plan = new Wire.Plan
        {
            Placement = { Names(entry.Placement) },
            Excluded = { Names(entry.Excluded) },
            IsFrozen = entry.IsFrozen,
            IsHeld = entry.IsHeld,
            Operation = ToWire(entry.Operation),
            Left = { entry.Left.Select(ToWire) },
            AuditsAsked = entry.Audits.Asked,
            AuditsDone = entry.Audits.Done,
            AuditedAt = entry.Audits.At.Ticks,
            Failures = { entry.Failures.Select(ToWire) },
            LastError = entry.LastError,
            IsStopped = entry.IsStopped,
            Recovery = entry.Recovery is { } recovery ? new() { From = recovery.From?.Value ?? "" } : null,
        };
        return plan.Equals(_nothingPlanned) ? null : plan;
    }

    private static IEnumerable<Wire.PlacementRule> ToWireRules(ServiceDefinition definition) =>
    [
        .. Rules(RuleKind.Preferred, Names(definition.Preferred)),
        .. Rules(RuleKind.Only, Names(definition.Only)),
        .. Rules(RuleKind.Never, Names(definition.Never)),
        .. Rules(RuleKind.With, Names(definition.With)),
        .. Rules(RuleKind.After, Names(definition.After)),
        .. Rules(RuleKind.Apart, Names(definition.Apart)),
    ];

    private static IEnumerable<Wire.PlacementRule> Rules(RuleKind kind, IEnumerable<string> names) =>
        names.Select(name => new Wire.PlacementRule { Kind = (uint)kind, Name = name });

    private static Wire.NodeEntry ToWire(NodeEntry entry) => new()
    {
        Node = entry.Node.Value,
        IsDrained = entry.IsDrained,
        Exits = ToWireExits(entry),
        Kinds = entry.HasToldKinds ? new() { Kinds = { entry.Kinds } } : null,
    };

    private static Wire.Exits? ToWireExits(NodeEntry entry)
    {
        if (entry.EvictedTo == 0 && entry.Exits.IsEmpty && !entry.IsQuarantined) return null;
        return new()
        {
            EvictedTo = entry.EvictedTo,
            At = { entry.Exits.Select(at => at.Ticks) },
            IsQuarantined = entry.IsQuarantined,
        };
    }

    private static IEnumerable<string> Names(ImmutableArray<NodeId> nodes) => nodes.Select(node => node.Value);

    private static IEnumerable<string> Names(ImmutableArray<ServiceName> names) => names.Select(name => name.Value);

    private static Wire.ProviderFailures ToWire(ProviderFailures failures) => new()
    {
        Member = ToWire(failures.Member),
        Number = failures.Number,
        Count = checked((uint)failures.Count),
        Since = failures.Since.Ticks,
    };

    internal static Wire.ServiceDefinition ToWire(ServiceDefinition definition)
    {
        var wire = new Wire.ServiceDefinition
        {
            Name = definition.Name.Value,
            Kind = definition.Kind,
            Secondaries = checked((uint)definition.Secondaries),
            Spares = checked((uint)definition.Spares),
            Durable = definition.Durable,
            Rules = { ToWireRules(definition) },
            AuditEvery = definition.AuditEvery == ServiceDefinition.Daily ? 0
                : definition.AuditEvery == TimeSpan.Zero ? -1
                : definition.AuditEvery.Ticks,
        };
        AddPolicies(definition, wire);
        return wire;
    }

    private static Wire.Configuration ToWire(Configuration configuration) => new()
    {
        Service = configuration.Service.Value,
        Version = configuration.Version.Value,
        Lineage = configuration.Lineage.Value,
        Primary = configuration.Primary is { } primary ? ToWire(primary) : null,
        InSync = { configuration.InSync.Select(ToWire) },
        Cause = configuration.Cause.Value,
        IsPlanned = configuration.IsPlanned,
        Origin = configuration.Origin?.Value ?? "",
    };

    private static Wire.Provider ToWire(Provider provider) => new()
    {
        Member = ToWire(provider.Member),
        Disk = ToWire(provider.Disk),
    };

    private static Wire.MemberId ToWire(MemberId id) =>
        new() { Node = id.Node.Value, Counter = id.Incarnation.Counter, Nonce = id.Incarnation.Nonce };
}
