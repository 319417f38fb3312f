using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

public static partial class ReplicationCodec
{
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
            },
        },
        ReplicationMessage.MapPushed pushed => new() { MapPushed = new() { Map = ToWire(pushed.Map) } },
        ReplicationMessage.MapTaken taken => new()
        {
            MapTaken = new() { Generation = taken.Generation.Value, Sequence = taken.Sequence },
        },
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
                        Member = ToWire(each.Member), Percent = checked((uint)each.Percent),
                    }),
                },
            },
        },
        ReplicationMessage.HandOverWanted => new() { HandOverWanted = new() },
        _ => throw new ArgumentException($"{message.GetType().Name} is no control message.", nameof(message)),
    };

    private static Wire.ServiceMap ToWire(ServiceMap map) => new()
    {
        Generation = map.Generation.Value,
        Sequence = map.Sequence,
        Services = { map.Services.Select(ToWire) },
    };

    private static Wire.ServiceEntry ToWire(ServiceEntry entry) =>
        new() { Definition = ToWire(entry.Definition), Configuration = ToWire(entry.Configuration) };

    private static Wire.ServiceDefinition ToWire(ServiceDefinition definition) => new()
    {
        Name = definition.Name.Value,
        Kind = definition.Kind,
        Secondaries = checked((uint)definition.Secondaries),
        Spares = checked((uint)definition.Spares),
        Durable = definition.Durable,
    };

    private static Wire.Configuration ToWire(Configuration configuration) => new()
    {
        Service = configuration.Service.Value,
        Version = configuration.Version.Value,
        Lineage = configuration.Lineage.Value,
        Primary = configuration.Primary is { } primary ? ToWire(primary) : null,
        InSync = { configuration.InSync.Select(ToWire) },
        Cause = configuration.Cause.Value,
        IsPlanned = configuration.IsPlanned,
    };

    private static Wire.Provider ToWire(Provider provider) => new()
    {
        Member = ToWire(provider.Member),
        Disk = new() { High = (ulong)(provider.Disk.Value >> 64), Low = (ulong)provider.Disk.Value },
    };

    private static Wire.MemberId ToWire(MemberId id) =>
        new() { Node = id.Node.Value, Counter = id.Incarnation.Counter, Nonce = id.Incarnation.Nonce };
}
