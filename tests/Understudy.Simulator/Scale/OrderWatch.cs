using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Checkers;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Scale;

/// <summary>Notes, from a moment on, which orders nodes take and when primaries become active.</summary>
internal sealed class OrderWatch : Checker
{
    private SimulatedCluster? _cluster;

    /// <summary>The maps that each node adopted since then, in order.</summary>
    public Dictionary<NodeId, List<ServiceMap>> Maps { get; } = [];

    /// <summary>When a primary of each service first became active since then.</summary>
    public Dictionary<ServiceName, long> ActiveAt { get; } = [];

    /// <summary>Forgets what was.</summary>
    public void Begin(SimulatedCluster cluster)
    {
        _cluster = cluster;
        Maps.Clear();
        ActiveAt.Clear();
    }

    public override void OnMap(SimulatedNode node, ServiceMap map)
    {
        if (!Maps.TryGetValue(node.Option.Id, out var maps)) Maps.Add(node.Option.Id, maps = []);
        maps.Add(map);
    }

    public override void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        if (_cluster is { } cluster && happening is NodeEvent.PrimaryActivated activated)
            ActiveAt.TryAdd(activated.Service, cluster.Now);
    }
}
