using Understudy.Contracts;

namespace Understudy.Cli.Demo;

/// <summary>Compares what a node reports with what the demo wants of the cluster and of kv.</summary>
internal static class Shape
{
    private const string ServiceName = "kv";

    // With fewer replicas of the registry the next kill could be the one that nobody may decide after.
    private const int FewestRegistries = 3;

    public static ServiceStatus? Kv(StatusDocument status) =>
        status.Services.FirstOrDefault(service => service.Name == ServiceName);

    /// <summary>What is still missing from the wanted shape, in a few words; null if nothing is.</summary>
    public static string? Missing(StatusDocument status, DemoOptions wanted)
    {
        if (status.View is not { } view) return First(status, "no view yet");
        if (view.Members.Count < wanted.Nodes || status.Nodes.Any(node => node.State != PeerStates.Up || !node.InView))
            return First(status, $"{view.Members.Count} of {wanted.Nodes} nodes in the view");
        if (Kv(status) is not { Primary: not null } kv) return First(status, "kv has no primary");
        if (kv.Secondaries.Count != wanted.Secondaries)
            return First(status, $"{kv.Secondaries.Count} of {wanted.Secondaries} secondaries");
        if (kv.Joining.Count > 0) return First(status, $"{kv.Joining[0].Node} is joining");
        if (kv.Spares.Count != wanted.Spares) return First(status, $"{kv.Spares.Count} of {wanted.Spares} spares");
        var registries = status.ReplicaManager?.InSync.Count ?? 0;
        return registries >= FewestRegistries ? null : First(status, $"{registries} replicas of the registry");
    }

    /// <summary>Whether the cluster has reacted to the loss of the victim.</summary>
    public static bool HasFailedOver(StatusDocument status, string victim, long versionBefore) =>
        Kv(status) is { Primary: { } primary } kv &&
        kv.Version > versionBefore &&
        primary != victim &&
        !kv.Secondaries.Contains(victim);

    // The node's own reason is better than ours.
    private static string First(StatusDocument status, string ours) =>
        status.Reasons.Count > 0 ? status.Reasons[0] : ours;
}
