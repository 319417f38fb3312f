using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>Nodes whose maps are of one sequence have the same map, whatever orders led each of them to it.</summary>
internal sealed class OneMap : Checker
{
    private readonly Dictionary<long, (MemberId Member, ServiceMap Map)> _first = [];

    public override void OnMap(SimulatedNode node, ServiceMap map)
    {
        if (_first.TryAdd(map.Sequence, (node.Member, map))) return;
        var (other, first) = _first[map.Sequence];
        if (WhatDiffers(first.Services, map.Services) is { } what)
        {
            Fail($"{node.Member} and {other} have maps of sequence {map.Sequence} that differ: {what}");
        }
    }

    private static string? WhatDiffers(ImmutableArray<ServiceEntry> one, ImmutableArray<ServiceEntry> other)
    {
        if (one.Length != other.Length) return $"{other.Length} services, {one.Length} services";
        for (var i = 0; i < one.Length; i++)
        {
            if (ReferenceEquals(one[i], other[i])) continue;
            if (Bytes(one[i]).SequenceEqual(Bytes(other[i]))) continue;
            return $"{other[i].Configuration}, {one[i].Configuration}";
        }

        return null;
    }

    private static ReadOnlySpan<byte> Bytes(ServiceEntry entry) => ReplicationCodec.EncodeServiceEntry(entry);
}
