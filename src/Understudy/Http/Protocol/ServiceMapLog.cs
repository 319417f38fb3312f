using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Http.Protocol;

/// <summary>
/// Keeps the latest service map and which services changed lately, and says what a reader that has seen so much has
/// yet to be told. A reader has no queue of its own: a slow one is told less often, and of more at a time.
/// </summary>
/// <param name="mostChanges">How many changes are remembered; who has seen less is given the whole map.</param>
internal sealed class ServiceMapLog(int mostChanges = ServiceMapLog.MostChanges)
{
    /// <summary>How many changes of services are remembered.</summary>
    public const int MostChanges = 4096;

    private readonly Queue<(ServiceMapPosition At, ServiceName Service)> _changes = new();
    private ServiceMapPosition? _forgotten;

    /// <summary>The map that was taken last.</summary>
    public ServiceMap Map { get; private set; } = ServiceMap.Empty;

    /// <summary>Its position; null before the first one.</summary>
    public ServiceMapPosition? At { get; private set; }

    /// <summary>
    /// Takes a map that the node has adopted. One that is older is left: a node that begins anew knows nothing at
    /// first, and what it knew before is still the best it can tell.
    /// </summary>
    /// <returns>Whether it is newer than the one before.</returns>
    public bool Take(ClusterId cluster, ServiceMap map)
    {
        if (!map.IsDecided) return false;
        var at = ServiceMapPosition.Of(cluster, map);
        if (At is { } before && before.Cluster == cluster)
        {
            if (!at.IsAfter(before)) return false;
            Note(at, map);
        }
        else
        {
            // The first one: nothing is known of what changed before it.
            _changes.Clear();
            _forgotten = at;
        }

        (At, Map) = (at, map);
        return true;
    }

    /// <summary>What a reader has yet to be told; null if there is nothing now.</summary>
    /// <param name="seen">What it has seen, on whichever node; null if nothing.</param>
    public ServiceMapChange? Since(ServiceMapPosition? seen)
    {
        if (At is not { } at) return null;
        if (seen is not { } last || last.Cluster != at.Cluster || _forgotten!.Value.IsAfter(last))
            return new ServiceMapChange(at, IsWhole: true, Map.Services, []);
        if (!at.IsAfter(last)) return null; // It has seen more than this node has: other nodes were faster.

        SortedSet<ServiceName> changed = [.. _changes.Where(c => c.At.IsAfter(last)).Select(c => c.Service)];
        return new ServiceMapChange(
            at,
            IsWhole: false,
            [.. changed.Select(Map.Find).OfType<ServiceEntry>()],
            [.. changed.Where(name => Map.Find(name) is null)]);
    }

    private void Note(ServiceMapPosition at, ServiceMap map)
    {
        foreach (var entry in map.Services)
        {
            if (Map.Find(entry.Definition.Name) is { } known && IsSame(known, entry)) continue;
            Add(at, entry.Definition.Name);
        }

        foreach (var entry in Map.Services)
        {
            if (map.Find(entry.Definition.Name) is null) Add(at, entry.Definition.Name);
        }
    }

    private void Add(ServiceMapPosition at, ServiceName service)
    {
        _changes.Enqueue((at, service));
        if (_changes.Count <= mostChanges) return;
        _forgotten = _changes.Dequeue().At;
    }

    /// <summary>Whether two entries say the same to clients; the rest of them is the RM's own.</summary>
    private static bool IsSame(ServiceEntry one, ServiceEntry other) =>
        ReferenceEquals(one, other)
        || (one.Configuration.Version == other.Configuration.Version
            && one.IsFrozen == other.IsFrozen
            && one.IsStopped == other.IsStopped
            && one.Definition.Kind == other.Definition.Kind);
}
