using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Protocol;

/// <summary>What the RM orders: the map as a whole, and freezing for a switchover.</summary>
public sealed partial class Node
{
    private readonly SortedDictionary<ServiceName, TimeSpan> _freezing = [];

    private void Adopt(ServiceMap map)
    {
        var isNewer = map.Generation > Map.Generation ||
            (map.Generation == Map.Generation && map.Sequence > Map.Sequence);
        var isObeyed = isNewer || ((_mutations & Mutation.NoRmGeneration) != 0 && map.Generation < Map.Generation);
        if (!isObeyed) return;
        Map = map;
        EndRemoved(map);
        EndRemovedWorkers(map);
        _freezing.Clear();
        foreach (var entry in InOrderOfStart(map))
        {
            var name = entry.Definition.Name;
            if (entry.Definition.IsExclusive)
            {
                AdoptWorker(entry);
                continue;
            }

            if (Host(entry.Definition) is not { } hosted) continue;
            SetInterval(hosted);
            NoteCounted(hosted, entry);
            if (entry.Configuration.IsStarted) Adopt(hosted, entry.Configuration);
            TellGood(hosted);
            if (entry is { IsFrozen: true, Operation: { Stage: OperationStage.Freeze } operation })
            {
                _freezing[name] = TimeSpan.MinValue;
                if (hosted.IsPrimary) Report(new NodeEvent.Noted($"{name} is frozen: {operation.Target} takes over"));
            }
        }

        BringUp();
        foreach (var (to, request) in _router.Due(Map, _now)) SendRequest(to, request);
    }

    private static IEnumerable<ServiceEntry> InOrderOfStart(ServiceMap map) =>
        map.Services.All(e => e.Definition.With.IsEmpty && e.Definition.After.IsEmpty)
            ? map.Services
            : new ServiceGroups(map.Services.Select(e => e.Definition)).All.SelectMany(g => g)
                .Select(map.Find).OfType<ServiceEntry>();

    /// <summary>A service that was removed ends here: its primary stops, its state is deleted.</summary>
    private void EndRemoved(ServiceMap map)
    {
        foreach (var (name, hosted) in _services.ToList())
        {
            if (hosted.Configuration is not { } last || map.Find(name) is not null) continue;
            var wasPrimary = hosted.IsPrimary;
            InReplica(hosted.Replica, name, r =>
            {
                r.Stand(last.Version.Next);
                r.EndCode();
            });
            if (wasPrimary) Report(new NodeEvent.PrimaryDeposed(name, last.Version));
            _services.Remove(name);
            _joining.Remove(name);
            DeleteCopies(hosted);
        }
    }

    private TimeSpan _kindsToldAt;

    /// <summary>What this node has code for, until the RM's orders show that it knows.</summary>
    private void TellKinds()
    {
        if (!_isHost || !IsMember || _options.Kinds.IsEmpty) return;
        var known = Map.Nodes.FirstOrDefault(n => n.Node == _self.Node);
        if (known is { HasToldKinds: true } && known.Kinds.SequenceEqual(_options.Kinds)) return;
        if (_selection.Outcome?.Winner is null || _now - _kindsToldAt < _options.Profile.Heartbeat) return;
        _kindsToldAt = _now;
        SendToManager(new ReplicationMessage.KindsOffered(_options.Kinds));
    }

    /// <summary>
    /// A planned change loses nothing: who is about to hand over commits before it answers, whatever the mode.
    /// </summary>
    private TimeSpan IntervalOf(ServiceDefinition definition) =>
        _stoppingSince is not null || IsFrozen(definition.Name) ? TimeSpan.Zero : definition.CheckpointEvery;

    private void SetInterval(HostedService hosted)
    {
        if (!hosted.IsPrimary) return; // It is said to one that becomes primary.
        InReplica(hosted.Replica, hosted.Definition.Name, r => r.SendEvery(IntervalOf(hosted.Definition)));
    }

    /// <summary>Whether this node's primary holds what clients ask.</summary>
    private bool IsFrozen(ServiceName service) => Map.Find(service) is { IsFrozen: true } or { IsStopped: true };

    /// <summary>A primary that was frozen says when it has nothing in flight, until it is ordered otherwise.</summary>
    private void ReportDrained()
    {
        if (_freezing.Count == 0) return;
        foreach (var (name, reportedAt) in _freezing.ToList())
        {
            if (!_services.TryGetValue(name, out var hosted) || !hosted.IsPrimary) continue;
            if (!hosted.Replica.IsDrained || _now - _options.Profile.Heartbeat < reportedAt) continue;
            _freezing[name] = _now;
            SendToManager(new ReplicationMessage.Frozen(name, hosted.Replica.Version, Map.Sequence));
        }
    }
}
