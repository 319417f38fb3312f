using System.Collections.Immutable;
using Google.Protobuf.Collections;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

// What is said of providers that leave an in-sync set.
public static partial class ReplicationCodec
{
    private static LeaveReason? ToReason(Wire.LeaveReason? wire, ref string? fault)
    {
        if (wire is null) return null;
        if (wire.Cause > (uint)LeaveCause.FormatUnknown) fault ??= $"a cause {wire.Cause}";
        return new LeaveReason(
            (LeaveCause)wire.Cause, ToNumber(wire.Amount, ref fault), ToText(wire.Detail, MaxCause, ref fault));
    }

    private static ReplicationMessage? ToAuditing(Wire.Envelope envelope, ref string? fault) => envelope.BodyCase switch
    {
        Wire.Envelope.BodyOneofCase.Audited => new ReplicationMessage.Audited(
            ToService(envelope.Audited.Service, ref fault),
            ToVersion(envelope.Audited.Version, ref fault),
            ToNumber(envelope.Audited.Sequence, ref fault),
            ToId128(envelope.Audited.Digest, ref fault)),
        Wire.Envelope.BodyOneofCase.StateDiffered => new ReplicationMessage.StateDiffered(
            ToService(envelope.StateDiffered.Service, ref fault),
            ToVersion(envelope.StateDiffered.Version, ref fault),
            ToNumber(envelope.StateDiffered.Sequence, ref fault)),
        Wire.Envelope.BodyOneofCase.AuditEnded => new ReplicationMessage.AuditEnded(
            ToService(envelope.AuditEnded.Service, ref fault),
            ToVersion(envelope.AuditEnded.Version, ref fault),
            ToNumber(envelope.AuditEnded.Number, ref fault),
            ToText(envelope.AuditEnded.What, MaxCause, ref fault),
            envelope.AuditEnded.IsPrimaryOdd),
        Wire.Envelope.BodyOneofCase.CopyVoid => ToCopyVoid(envelope.CopyVoid, ref fault),
        Wire.Envelope.BodyOneofCase.CopyGood => new ReplicationMessage.CopyGood(
            ToService(envelope.CopyGood.Service, ref fault),
            ToVersion(envelope.CopyGood.Version, ref fault),
            ToProvider(envelope.CopyGood.Provider, ref fault)),
        _ => null,
    };

    private static TimeSpan ToAuditEvery(long ticks, ref string? fault)
    {
        if (ticks < -1) fault ??= $"an audit every {ticks}";
        return ticks == 0 ? ServiceDefinition.Daily : new TimeSpan(Math.Max(0, ticks));
    }

    private static ReplicationMessage.CopyVoid? ToCopyVoid(Wire.CopyVoid wire, ref string? fault)
    {
        var reason = ToReason(wire.Reason, ref fault);
        if (reason is null) fault ??= "a void copy has no reason";
        return reason is null ? null : new ReplicationMessage.CopyVoid(
            ToService(wire.Service, ref fault),
            ToVersion(wire.Version, ref fault),
            ToProvider(wire.Provider, ref fault),
            reason);
    }

    private static UInt128 ToId128(Wire.Id128? wire, ref string? fault)
    {
        if (wire is null) fault ??= "a digest is missing";
        return wire is null ? default : new UInt128(wire.High, wire.Low);
    }

    private static Wire.Envelope? ToAuditing(ReplicationMessage message) => message switch
    {
        ReplicationMessage.TakenOver m => new() { TakenOver = ToWire(m) },
        ReplicationMessage.Audited m => new()
        {
            Audited = new()
            {
                Service = m.Service.Value,
                Version = m.Version.Value,
                Sequence = m.Sequence,
                Digest = ToWire(m.Digest),
            },
        },
        ReplicationMessage.StateDiffered m => new()
        {
            StateDiffered = new() { Service = m.Service.Value, Version = m.Version.Value, Sequence = m.Sequence },
        },
        ReplicationMessage.AuditEnded m => new()
        {
            AuditEnded = new()
            {
                Service = m.Service.Value,
                Version = m.Version.Value,
                Number = m.Number,
                What = m.What,
                IsPrimaryOdd = m.IsPrimaryOdd,
            },
        },
        ReplicationMessage.CopyGood m => new()
        {
            CopyGood = new()
            {
                Service = m.Service.Value,
                Version = m.Version.Value,
                Provider = ToWire(m.Provider),
            },
        },
        ReplicationMessage.CopyVoid m => new()
        {
            CopyVoid = new()
            {
                Service = m.Service.Value,
                Version = m.Version.Value,
                Provider = ToWire(m.Provider),
                Reason = ToWire(m.Reason),
            },
        },
        _ => null,
    };

    private static ImmutableArray<Departure> ToDepartures(RepeatedField<Wire.Departure> wire, ref string? fault)
    {
        if (wire.Count == 0) return [];
        var left = ImmutableArray.CreateBuilder<Departure>(wire.Count);
        foreach (var each in wire)
        {
            var reason = ToReason(each.Reason, ref fault);
            if (each.Disk is null || reason is null) fault ??= "a departure lacks its disk or its reason";
            if (each.Disk is null || reason is null) continue;
            var disk = new DiskId(new UInt128(each.Disk.High, each.Disk.Low));
            left.Add(new Departure(ToNode(each.Node, ref fault), disk, reason));
        }

        return left.DrainToImmutable();
    }

    private static Wire.LeaveReason? ToWire(LeaveReason? reason) =>
        reason is null ? null : new() { Cause = (uint)reason.Cause, Amount = reason.Amount, Detail = reason.Detail };

    private static Wire.Departure ToWire(Departure left) =>
        new() { Node = left.Node.Value, Disk = ToWire(left.Disk), Reason = ToWire(left.Reason) };

    private static Wire.Id128 ToWire(DiskId disk) => ToWire(disk.Value);

    private static Wire.Id128 ToWire(UInt128 value) => new() { High = (ulong)(value >> 64), Low = (ulong)value };
}
