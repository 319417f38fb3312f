using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication;

/// <summary>Every service's configuration, as the RM of a generation last committed it.</summary>
/// <param name="Generation">The version in which the RM's primary serves; orders of an older RM are refused.</param>
/// <param name="Sequence">The registry's last committed checkpoint that is in this map.</param>
/// <param name="Services">In order of name.</param>
public sealed record ServiceMap(
    ConfigurationVersion Generation, long Sequence, ImmutableArray<ServiceEntry> Services)
{
    public static readonly ServiceMap Empty = new(ConfigurationVersion.None, 0, []);

    /// <summary>What an operator said of nodes, in order; a node of which nothing was said is absent.</summary>
    public ImmutableArray<NodeEntry> Nodes { get; init; } = [];

    /// <summary>Whether an operator holds the automation of the whole cluster.</summary>
    public bool IsHeld { get; init; }

    /// <summary>What is said of the RM itself.</summary>
    public RmEntry Rm { get; init; } = RmEntry.None;

    /// <summary>
    /// Whether an RM has decided on services: what is not here does not exist. Before that, those of the cluster's
    /// file are still to come.
    /// </summary>
    public bool IsDecided => Generation > ConfigurationVersion.None && (Sequence > 0 || !Services.IsEmpty);

    public ServiceEntry? Find(ServiceName name) => IndexOf(name) is >= 0 and var place ? Services[place] : null;

    /// <summary>The map that an order leads to from this one.</summary>
    public ServiceMap Follow(Protocol.ReplicationMessage.MapPushed order)
    {
        if (order.Since == 0) return order.Map;
        SortedDictionary<ServiceName, ServiceEntry?> changes = [];
        foreach (var name in order.Removed) changes[name] = null;
        foreach (var entry in order.Map.Services) changes[entry.Definition.Name] = entry;
        return order.Map with { Services = Merge(changes) };
    }

    /// <summary>The map after more of the registry's checkpoints.</summary>
    public ServiceMap After(IEnumerable<Protocol.RegistryChange> more, long sequence)
    {
        SortedDictionary<ServiceName, ServiceEntry?> services = [];
        SortedDictionary<NodeId, NodeEntry> nodes = [];
        foreach (var node in Nodes) nodes.Add(node.Node, node);
        var (isHeld, rm) = (IsHeld, Rm);
        foreach (var change in more)
        {
            foreach (var entry in change.Services) services[entry.Definition.Name] = entry;
            foreach (var name in change.Removed) services[name] = null;
            foreach (var node in change.Nodes) nodes[node.Node] = node;
            (isHeld, rm) = (change.IsHeld ?? isHeld, change.Rm ?? rm);
        }

        return new ServiceMap(Generation, sequence, Merge(services))
        {
            Nodes = [.. nodes.Values],
            IsHeld = isHeld,
            Rm = rm,
        };
    }

    /// <summary>The services with these changed; null for one that is removed.</summary>
    private ImmutableArray<ServiceEntry> Merge(SortedDictionary<ServiceName, ServiceEntry?> changes)
    {
        if (changes.Count == 0) return Services;
        var merged = ImmutableArray.CreateBuilder<ServiceEntry>(Services.Length + changes.Count);
        var next = 0;
        foreach (var (name, entry) in changes)
        {
            var place = IndexOf(name);
            var isKnown = place >= 0;
            if (!isKnown) place = ~place;
            merged.AddRange(Services.AsSpan(next..place));
            if (entry is not null) merged.Add(entry);
            next = isKnown ? place + 1 : place;
        }

        merged.AddRange(Services.AsSpan(next..));
        return merged.DrainToImmutable();
    }

    /// <summary>Where a service is, or the complement of where it would be.</summary>
    private int IndexOf(ServiceName name)
    {
        var (low, high) = (0, Services.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = Services[middle].Definition.Name.CompareTo(name);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
    }
}
