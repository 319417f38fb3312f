using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>How many primaries and providers are on each node; on top of what another one counts, if given.</summary>
internal sealed class NodeLoads(NodeLoads? basis = null)
{
    private readonly Dictionary<NodeId, int> _primaries = [];
    private readonly Dictionary<NodeId, int> _providers = [];
    private readonly Dictionary<(NodeId Primary, NodeId Provider), int> _pairs = [];

    public int PrimariesOn(NodeId node) => _primaries.GetValueOrDefault(node) + (basis?.PrimariesOn(node) ?? 0);

    /// <summary>Counted where they shall be, the primaries among them.</summary>
    public int ProvidersOn(NodeId node) => _providers.GetValueOrDefault(node) + (basis?.ProvidersOn(node) ?? 0);

    /// <summary>How many services with their primary on one node have another provider on the other.</summary>
    public int Shared(NodeId primary, NodeId provider) =>
        _pairs.GetValueOrDefault((primary, provider)) + (basis?.Shared(primary, provider) ?? 0);

    public void Clear()
    {
        _primaries.Clear();
        _providers.Clear();
        _pairs.Clear();
    }

    /// <summary>Adds what an entry stands for, or takes it away.</summary>
    public void Count(ServiceEntry entry, int sign)
    {
        NodeId? primary = entry.Configuration.Primary?.Node;
        if (primary is { } first) Add(_primaries, first, sign);
        foreach (var node in entry.Placement)
        {
            Add(_providers, node, sign);
            if (primary is { } other && other != node) Add(_pairs, (other, node), sign);
        }
    }

    private static void Add<T>(Dictionary<T, int> counts, T key, int sign)
        where T : notnull => counts[key] = counts.GetValueOrDefault(key) + sign;
}
