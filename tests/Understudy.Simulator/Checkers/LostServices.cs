using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// Knows which lineages, of services kept in memory only, have lost every in-sync copy: nothing is promised for these.
/// It judges nothing itself.
/// </summary>
internal sealed class LostServices(SimulatedCluster cluster, Activations activations)
{
    private readonly HashSet<(ServiceName, Lineage)> _lost = [];
    private readonly List<ServiceName> _volatile =
        [.. cluster.Scenario.Cluster.Services.Where(s => !s.Durable && !s.IsExclusive).Select(s => s.Name)];

    /// <summary>Whether the present lineage of the service is lost.</summary>
    public bool IsLost(ServiceName service) =>
        activations.Latest(service) is { } latest && IsLost(service, latest.Lineage);

    public bool IsLost(ServiceName service, Lineage lineage) => _lost.Contains((service, lineage));

    /// <summary>An incarnation has ended or a configuration has changed.</summary>
    public void Update()
    {
        foreach (var service in _volatile)
        {
            if (activations.Latest(service) is not { } configuration || IsLost(service)) continue;
            if (configuration.InSync.IsEmpty || configuration.InSync.Any(IsAlive)) continue;
            _lost.Add((service, configuration.Lineage));
            cluster.Note("cluster", $"{service} has lost its last copy");
            cluster.Workload.GiveUp(service);
        }
    }

    private bool IsAlive(Provider provider)
    {
        var node = cluster.Nodes[cluster.IndexOf(provider.Member.Node)];
        return node.Core is not null && node.Member == provider.Member;
    }
}
