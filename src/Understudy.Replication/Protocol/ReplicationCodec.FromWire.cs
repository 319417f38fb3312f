using System.Collections.Immutable;
using Google.Protobuf.Collections;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

// Each conversion notes the first fault and goes on with a default: whoever asked looks at the fault at the end.
public static partial class ReplicationCodec
{
    private const int MaxNameLength = 64;

    private static ReplicationMessage? FromWire(Wire.Envelope envelope, ref string? fault) => envelope.BodyCase switch
    {
        Wire.Envelope.BodyOneofCase.InSyncWanted => new ReplicationMessage.InSyncWanted(
            ToService(envelope.InSyncWanted.Service, ref fault),
            ToVersion(envelope.InSyncWanted.Version, ref fault),
            ToProvider(envelope.InSyncWanted.Provider, ref fault),
            envelope.InSyncWanted.IsIncluded,
            ToReason(envelope.InSyncWanted.Reason, ref fault)),
        Wire.Envelope.BodyOneofCase.MapPushed => ToMapPushed(envelope.MapPushed, ref fault),
        Wire.Envelope.BodyOneofCase.MapTaken => new ReplicationMessage.MapTaken(
            ToVersion(envelope.MapTaken.Generation, ref fault),
            ToNumber(envelope.MapTaken.Sequence, ref fault),
            envelope.MapTaken.IsMissed),
        Wire.Envelope.BodyOneofCase.Progressed => ToProgressed(envelope.Progressed, ref fault),
        Wire.Envelope.BodyOneofCase.HandOverWanted => new ReplicationMessage.HandOverWanted(),
        Wire.Envelope.BodyOneofCase.Frozen => new ReplicationMessage.Frozen(
            ToService(envelope.Frozen.Service, ref fault),
            ToVersion(envelope.Frozen.Version, ref fault),
            ToNumber(envelope.Frozen.Sequence, ref fault)),
        Wire.Envelope.BodyOneofCase.KindsOffered => new ReplicationMessage.KindsOffered(
            ToKinds(envelope.KindsOffered.Kinds, ref fault)),
        Wire.Envelope.BodyOneofCase.CodeFailed => new ReplicationMessage.CodeFailed(
            ToService(envelope.CodeFailed.Service, ref fault),
            ToNumber(envelope.CodeFailed.Number, ref fault),
            ToText(envelope.CodeFailed.Error, ReplicationMessage.CodeFailed.LongestError, ref fault)),
        Wire.Envelope.BodyOneofCase.Vacated => new ReplicationMessage.Vacated(
            ToService(envelope.Vacated.Service, ref fault), ToVersion(envelope.Vacated.Version, ref fault)),
        Wire.Envelope.BodyOneofCase.TakenOver => ToTakenOver(envelope.TakenOver, ref fault),
        _ => ToAuditing(envelope, ref fault),
    };

    private static ReplicationMessage.MapPushed? ToMapPushed(Wire.MapPushed wire, ref string? fault)
    {
        var parts = Math.Max(1, wire.Parts);
        if (parts > ReplicationMessage.MapPushed.MostParts || wire.Part >= parts)
            fault ??= $"part {wire.Part} of {parts} parts of an order";
        if (ToMap(wire.Map, ref fault) is not { } map || fault is not null) return null;
        return new ReplicationMessage.MapPushed(map)
        {
            Since = ToNumber(wire.Since, ref fault),
            Removed = ToServices(wire.Removed, ref fault),
            Part = (int)wire.Part,
            Parts = (int)parts,
        };
    }

    private static ImmutableArray<ServiceName> ToServices(RepeatedField<string> names, ref string? fault)
    {
        var services = ImmutableArray.CreateBuilder<ServiceName>(names.Count);
        foreach (var name in names) services.Add(ToService(name, ref fault));
        return services.MoveToImmutable();
    }

    private static ReplicationMessage.TakenOver ToTakenOver(Wire.TakenOver wire, ref string? fault)
    {
        var services = ImmutableArray.CreateBuilder<Beginning>(wire.Services.Count);
        foreach (var each in wire.Services)
        {
            services.Add(new Beginning(
                ToService(each.Service, ref fault),
                ToVersion(each.Version, ref fault),
                ToNumber(each.Position, ref fault)));
        }

        return new ReplicationMessage.TakenOver(services.MoveToImmutable(), wire.IsNoted);
    }

    private static ServiceMap? ToMap(Wire.ServiceMap? wire, ref string? fault)
    {
        if (wire is null) fault ??= "a map is missing";
        if (wire is null) return null;

        var services = ImmutableArray.CreateBuilder<ServiceEntry>(wire.Services.Count);
        foreach (var each in wire.Services)
        {
            if (ToEntry(each, ref fault) is { } entry) services.Add(entry);
        }

        var nodes = ImmutableArray.CreateBuilder<NodeEntry>(wire.Nodes.Count);
        foreach (var each in wire.Nodes) nodes.Add(ToNodeEntry(each, ref fault));
        var map = new ServiceMap(
            ToVersion(wire.Generation, ref fault), ToNumber(wire.Sequence, ref fault), services.DrainToImmutable());
        return map with
        {
            Nodes = nodes.MoveToImmutable(),
            IsHeld = wire.IsHeld,
            Rm = ToRmEntry(wire.Rm, ref fault),
        };
    }

    private static ReplicationMessage.Progressed ToProgressed(Wire.Progressed wire, ref string? fault)
    {
        var joining = ImmutableArray.CreateBuilder<JoiningProgress>(wire.Joining.Count);
        foreach (var each in wire.Joining)
        {
            if (each.Percent > 100) fault ??= $"a progress of {each.Percent} percent";
            joining.Add(new JoiningProgress(ToMemberId(each.Member, ref fault), unchecked((int)each.Percent))
            {
                Transfer = each.Transfer is not { } transfer ? null : new TransferProgress(
                    ToNumber(transfer.Bytes, ref fault),
                    ToNumber(transfer.TotalBytes, ref fault),
                    ToNumber(transfer.BytesPerSecond, ref fault)),
            });
        }

        return new ReplicationMessage.Progressed(
            ToService(wire.Service, ref fault), ToVersion(wire.Version, ref fault), joining.MoveToImmutable());
    }

    private static ServiceEntry? ToEntry(Wire.ServiceEntry wire, ref string? fault)
    {
        var definition = ToDefinition(wire.Definition, ref fault);
        var configuration = ToConfiguration(wire.Configuration, ref fault);
        if (definition is null || configuration is null) return null;
        if (definition.Name != configuration.Service) fault ??= "an entry is of two services";
        return ToPlanned(new ServiceEntry(definition, configuration), wire.Plan, ref fault);
    }

    internal static ServiceDefinition? ToDefinition(Wire.ServiceDefinition? wire, ref string? fault)
    {
        if (wire is null) fault ??= "a definition is missing";
        if (wire is null) return null;
        if (wire.Kind.Length is 0 or > MaxNameLength) fault ??= $"a kind has {wire.Kind.Length} characters";
        var definition = new ServiceDefinition(
            ToService(wire.Name, ref fault),
            wire.Kind,
            ToCount(wire.Secondaries, ref fault),
            ToCount(wire.Spares, ref fault),
            wire.Durable)
        {
            AuditEvery = ToAuditEvery(wire.AuditEvery, ref fault),
        };
        return ToRuled(WithPolicies(definition, wire, ref fault), wire.Rules, ref fault);
    }

    private static Configuration? ToConfiguration(Wire.Configuration? wire, ref string? fault)
    {
        if (wire is null) fault ??= "a configuration is missing";
        if (wire is null) return null;

        var inSync = ImmutableArray.CreateBuilder<Provider>(wire.InSync.Count);
        foreach (var each in wire.InSync) inSync.Add(ToProvider(each, ref fault));
        return new Configuration(
            ToService(wire.Service, ref fault),
            ToVersion(wire.Version, ref fault),
            new Lineage(wire.Lineage),
            wire.Primary is { } primary ? ToMemberId(primary, ref fault) : null,
            inSync.MoveToImmutable(),
            new Epoch(ToNumber(wire.Cause, ref fault)),
            wire.IsPlanned)
        {
            Origin = wire.Origin.Length == 0 ? null : ToNode(wire.Origin, ref fault),
        };
    }

    private static Provider ToProvider(Wire.Provider? wire, ref string? fault)
    {
        if (wire?.Disk is null) fault ??= "a provider or its disk is missing";
        if (wire?.Disk is null) return default;
        return new Provider(
            ToMemberId(wire.Member, ref fault), new DiskId(new UInt128(wire.Disk.High, wire.Disk.Low)));
    }

    private static MemberId ToMemberId(Wire.MemberId? wire, ref string? fault)
    {
        if (wire is null) fault ??= "a member's identity is missing";
        if (wire is null) return default;
        if (wire.Node.Length is 0 or > NodeId.MaxLength)
            fault ??= $"a node's name has {wire.Node.Length} characters";
        return new MemberId(new NodeId(wire.Node), new Incarnation(wire.Counter, wire.Nonce));
    }

    internal static ServiceName ToService(string name, ref string? fault)
    {
        if (name.Length is 0 or > MaxNameLength) fault ??= $"a service's name has {name.Length} characters";
        return new ServiceName(name);
    }

    private static ConfigurationVersion ToVersion(long value, ref string? fault) => new(ToNumber(value, ref fault));

    private static long ToNumber(long value, ref string? fault)
    {
        if (value < 0) fault ??= $"the number {value} is negative";
        return value;
    }

    private static int ToCount(uint value, ref string? fault)
    {
        if (value > int.MaxValue) fault ??= $"the count {value} is too large";
        return unchecked((int)value);
    }
}
