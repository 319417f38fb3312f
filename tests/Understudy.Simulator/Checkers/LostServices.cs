using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// Knows which lineages, of services kept in memory only, have lost every in-sync copy, and of durable ones, have none
/// that is not damaged: nothing is promised for these. It judges nothing itself.
/// </summary>
internal sealed class LostServices(SimulatedCluster cluster, Activations activations)
{
    private readonly HashSet<(ServiceName, Lineage)> _lost = [];
    private readonly List<ServiceName> _volatile =
        [.. cluster.Scenario.Cluster.Services.Where(s => !s.Durable && !s.IsExclusive).Select(s => s.Name)];

    /// <summary>
    /// Whether its latest updates may be lost with a primary: what is promised of it <see cref="LossBound"/> judges.
    /// </summary>
    public bool IsPeriodic(ServiceName service) => cluster.Scenario.IsPeriodic(service);

    /// <summary>Whether nothing is promised of it: it is lost, or must be on one node with one that is.</summary>
    public bool IsLost(ServiceName service) =>
        (activations.Latest(service) is { } latest && IsLost(service, latest.Lineage))
        || (cluster.Scenario.Cluster.Services.FirstOrDefault(s => s.Name == service)?.With.Any(IsLost) ?? false);

    public bool IsLost(ServiceName service, Lineage lineage) => _lost.Contains((service, lineage));

    /// <summary>An incarnation has ended or a configuration has changed.</summary>
    public void Update()
    {
        foreach (var node in cluster.Nodes)
        {
            foreach (var entry in node.Core?.Map.Services ?? []) ConsiderVoid(entry);
        }

        foreach (var service in _volatile)
        {
            if (activations.Latest(service) is not { } configuration || IsLost(service)) continue;
            if (configuration.InSync.IsEmpty || configuration.InSync.Any(IsAlive)) continue;
            _lost.Add((service, configuration.Lineage));
            cluster.Note("cluster", $"{service} has lost its last copy");
            cluster.Workload.GiveUp(service);
        }
    }

    private void ConsiderVoid(ServiceEntry entry)
    {
        var inSync = entry.Configuration.InSync;
        if (entry.Left.IsEmpty || inSync.IsEmpty || !inSync.All(p => entry.IsVoid(p.Disk))) return;
        if (!_lost.Add((entry.Definition.Name, entry.Configuration.Lineage))) return;
        cluster.Note("cluster", $"{entry.Definition.Name} has no copy that is not damaged");
        foreach (var service in cluster.Scenario.Cluster.Services)
        {
            if (IsLost(service.Name)) cluster.Workload.GiveUp(service.Name);
        }
    }

    private bool IsAlive(Provider provider)
    {
        var node = cluster.Nodes[cluster.IndexOf(provider.Member.Node)];
        return node.Core is not null && node.Member == provider.Member;
    }
}
