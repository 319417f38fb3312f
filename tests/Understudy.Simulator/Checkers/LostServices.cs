using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// Knows which services kept in memory only have lost every in-sync copy: nothing is promised for these. It judges
/// nothing itself.
/// </summary>
internal sealed class LostServices(SimulatedCluster cluster, Activations activations)
{
    private readonly HashSet<ServiceName> _lost = [];
    private readonly List<ServiceName> _volatile =
        [.. cluster.Scenario.Cluster.Services.Where(s => !s.Durable && !s.IsExclusive).Select(s => s.Name)];

    public bool IsLost(ServiceName service) => _lost.Contains(service);

    /// <summary>An incarnation has ended or a configuration has changed.</summary>
    public void Update()
    {
        foreach (var service in _volatile)
        {
            if (_lost.Contains(service) || activations.Latest(service) is not { } configuration) continue;
            if (configuration.InSync.IsEmpty || configuration.InSync.Any(IsAlive)) continue;
            _lost.Add(service);
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
