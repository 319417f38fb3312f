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
        if (wire.Cause > (uint)LeaveCause.BehindBytes) fault ??= $"a cause {wire.Cause}";
        return new LeaveReason((LeaveCause)wire.Cause, ToNumber(wire.Amount, ref fault));
    }

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
        reason is null ? null : new() { Cause = (uint)reason.Cause, Amount = reason.Amount };

    private static Wire.Departure ToWire(Departure left) =>
        new() { Node = left.Node.Value, Disk = ToWire(left.Disk), Reason = ToWire(left.Reason) };

    private static Wire.Id128 ToWire(DiskId disk) => new() { High = (ulong)(disk.Value >> 64), Low = (ulong)disk.Value };
}
