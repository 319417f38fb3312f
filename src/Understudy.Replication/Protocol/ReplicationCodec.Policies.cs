using System.Collections.Immutable;
using Google.Protobuf.Collections;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

// What a definition says of failures and losses; what is as usual takes no bytes. And what failed lately.
public static partial class ReplicationCodec
{
    private static void AddPolicies(ServiceDefinition definition, Wire.ServiceDefinition wire)
    {
        if (definition.Restarts != ServiceDefinition.DefaultRestarts) wire.Restarts = (uint)definition.Restarts;
        if (definition.RestartWindow != ServiceDefinition.DefaultRestartWindow)
        {
            wire.RestartWindow = definition.RestartWindow.Ticks;
        }

        wire.Exclusive = definition.IsExclusive;
        wire.TotalLoss = (uint)definition.TotalLoss;
        if (definition.MinInSync != 1) wire.MinInSync = (uint)definition.MinInSync;
        wire.CheckpointEvery = definition.CheckpointEvery.Ticks;
        if (definition.KeepKeysFor != ServiceDefinition.DefaultKeepKeysFor)
        {
            wire.KeepKeysFor = definition.KeepKeysFor.Ticks;
        }
    }

    private static ServiceDefinition WithPolicies(
        ServiceDefinition definition, Wire.ServiceDefinition wire, ref string? fault)
    {
        if (wire.Restarts > ServiceDefinition.MostRestarts) fault ??= $"{wire.Restarts} restarts";
        if (wire.TotalLoss > (uint)TotalLossPolicy.StartEmpty) fault ??= $"a policy {wire.TotalLoss} for total loss";
        var window = ToNumber(wire.RestartWindow, ref fault);
        var keepKeys = ToNumber(wire.KeepKeysFor, ref fault);
        var every = new TimeSpan(wire.CheckpointEvery);
        if (every != TimeSpan.Zero && !ServiceDefinition.IsInterval(every)) fault ??= $"checkpoints every {every}";
        return definition with
        {
            Restarts = wire.HasRestarts ? unchecked((int)wire.Restarts) : ServiceDefinition.DefaultRestarts,
            RestartWindow = window == 0 ? ServiceDefinition.DefaultRestartWindow : new TimeSpan(window),
            IsExclusive = wire.Exclusive,
            TotalLoss = (TotalLossPolicy)wire.TotalLoss,
            MinInSync = Math.Max(1, ToCount(wire.MinInSync, ref fault)),
            CheckpointEvery = every,
            KeepKeysFor = keepKeys == 0 ? ServiceDefinition.DefaultKeepKeysFor : new TimeSpan(keepKeys),
        };
    }

    private static ImmutableArray<string> ToKinds(RepeatedField<string> wire, ref string? fault)
    {
        if (wire.Count > ReplicationMessage.KindsOffered.Most) fault ??= $"{wire.Count} kinds of services";
        foreach (var kind in wire)
        {
            if (kind.Length is 0 or > MaxNameLength) fault ??= $"a kind has {kind.Length} characters";
        }

        return fault is null ? [.. wire] : [];
    }

    private static Recovery? ToRecovery(Wire.Recovery? wire, ref string? fault)
    {
        if (wire is null) return null;
        return new Recovery(wire.From.Length == 0 ? null : ToNode(wire.From, ref fault));
    }

    private static ImmutableArray<ProviderFailures> ToFailures(
        RepeatedField<Wire.ProviderFailures> wire, ref string? fault)
    {
        if (wire.Count == 0) return [];
        var failures = ImmutableArray.CreateBuilder<ProviderFailures>(wire.Count);
        foreach (var each in wire)
        {
            if (each.Count > ServiceDefinition.MostRestarts + 1) fault ??= $"a count of {each.Count} failures";
            failures.Add(new ProviderFailures(
                ToMemberId(each.Member, ref fault),
                ToNumber(each.Number, ref fault),
                unchecked((int)each.Count),
                new TimeSpan(ToNumber(each.Since, ref fault))));
        }

        return failures.MoveToImmutable();
    }
}
