using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Selection.Protocol;

// Each conversion from the wire notes the first fault and goes on with a default: whoever asked looks at it at the end.
public static partial class SelectionCodec
{
    private static Wire.Envelope ToWire(SelectionMessage message) => message switch
    {
        SelectionMessage.Disqualify disqualify => new()
        {
            Disqualify = new() { Version = disqualify.Version.Value, Rank = ToWire(disqualify.Rank) },
        },
        SelectionMessage.Yield yield => new()
        {
            Yield = new()
            {
                Version = yield.Version.Value,
                ReplicaEpoch = yield.ReplicaEpoch.Value,
                LastSequence = yield.LastSequence,
            },
        },
        SelectionMessage.Higher higher => new()
        {
            Higher = new()
            {
                Version = higher.Version.Value,
                Candidate = new()
                {
                    Node = higher.Candidate.Node.Value,
                    Counter = higher.Candidate.Incarnation.Counter,
                    Nonce = higher.Candidate.Incarnation.Nonce,
                },
                Rank = ToWire(higher.Rank),
            },
        },
        SelectionMessage.Stale stale => new() { Stale = new() { Version = stale.Version.Value } },
        SelectionMessage.Elected elected => new() { Elected = new() { Version = elected.Version.Value } },
        _ => throw new ArgumentException($"{message.GetType().Name} never goes on the wire.", nameof(message)),
    };

    private static Wire.Rank ToWire(Rank rank) => new()
    {
        IsInSync = rank.IsInSync,
        PrimaryEpoch = rank.PrimaryEpoch.Value,
        ReplicaEpoch = rank.ReplicaEpoch.Value,
        LastSequence = rank.LastSequence,
        Priority = rank.Priority,
        Node = rank.Node.Value,
    };

    private static Wire.RmConfiguration ToWire(RmConfiguration configuration) => new()
    {
        Version = configuration.Version.Value,
        Lineage = configuration.Lineage.Value,
        InSync = { configuration.InSync.Select(ToWire) },
        Preferred = configuration.Preferred is { } preferred ? ToWire(preferred) : null,
    };

    private static Wire.RegistryCopy ToWire(RegistryCopy copy) => new()
    {
        Node = copy.Node.Value,
        Disk = new() { High = (ulong)(copy.Disk.Value >> 64), Low = (ulong)copy.Disk.Value },
    };

    private static SelectionMessage? FromWire(Wire.Envelope envelope, ref string? fault) => envelope.BodyCase switch
    {
        Wire.Envelope.BodyOneofCase.Disqualify => new SelectionMessage.Disqualify(
            ToVersion(envelope.Disqualify.Version, ref fault), ToRank(envelope.Disqualify.Rank, ref fault)),
        Wire.Envelope.BodyOneofCase.Yield => new SelectionMessage.Yield(
            ToVersion(envelope.Yield.Version, ref fault),
            ToVersion(envelope.Yield.ReplicaEpoch, ref fault),
            ToSequence(envelope.Yield.LastSequence, ref fault)),
        Wire.Envelope.BodyOneofCase.Higher => new SelectionMessage.Higher(
            ToVersion(envelope.Higher.Version, ref fault),
            ToMemberId(envelope.Higher.Candidate, ref fault),
            ToRank(envelope.Higher.Rank, ref fault)),
        Wire.Envelope.BodyOneofCase.Stale =>
            new SelectionMessage.Stale(ToVersion(envelope.Stale.Version, ref fault)),
        Wire.Envelope.BodyOneofCase.Elected =>
            new SelectionMessage.Elected(ToVersion(envelope.Elected.Version, ref fault)),
        _ => null,
    };

    private static RmConfiguration ToConfiguration(Wire.RmConfiguration wire, ref string? fault)
    {
        var inSync = ImmutableArray.CreateBuilder<RegistryCopy>(wire.InSync.Count);
        foreach (var copy in wire.InSync) inSync.Add(ToCopy(copy, ref fault));
        return new RmConfiguration(
            ToVersion(wire.Version, ref fault), new Lineage(wire.Lineage), inSync.MoveToImmutable())
        {
            Preferred = wire.Preferred is { } preferred ? ToCopy(preferred, ref fault) : null,
        };
    }

    private static RegistryCopy ToCopy(Wire.RegistryCopy wire, ref string? fault)
    {
        if (wire.Disk is null) fault ??= "a copy's disk is missing";
        return new RegistryCopy(
            ToNode(wire.Node, ref fault),
            new DiskId(wire.Disk is { } disk ? new UInt128(disk.High, disk.Low) : default));
    }

    private static Rank ToRank(Wire.Rank? wire, ref string? fault)
    {
        if (wire is null) fault ??= "a rank is missing";
        if (wire is null) return default;
        return new Rank(
            wire.IsInSync,
            ToVersion(wire.PrimaryEpoch, ref fault),
            ToVersion(wire.ReplicaEpoch, ref fault),
            ToSequence(wire.LastSequence, ref fault),
            wire.Priority,
            ToNode(wire.Node, ref fault));
    }

    private static MemberId ToMemberId(Wire.MemberId? wire, ref string? fault)
    {
        if (wire is null) fault ??= "a candidate is missing";
        if (wire is null) return default;
        return new MemberId(ToNode(wire.Node, ref fault), new Incarnation(wire.Counter, wire.Nonce));
    }

    private static NodeId ToNode(string name, ref string? fault)
    {
        if (name.Length is 0 or > NodeId.MaxLength) fault ??= $"a node's name has {name.Length} characters";
        return new NodeId(name);
    }

    private static ConfigurationVersion ToVersion(long value, ref string? fault)
    {
        if (value < 0) fault ??= $"the version {value} is negative";
        return new ConfigurationVersion(value);
    }

    private static long ToSequence(long value, ref string? fault)
    {
        if (value < 0) fault ??= $"the sequence {value} is negative";
        return value;
    }
}
