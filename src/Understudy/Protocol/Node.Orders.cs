using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Membership.Protocol;
using Understudy.Replication;
using Understudy.Replication.Protocol;
using Understudy.Selection;

namespace Understudy.Protocol;

/// <summary>What the RM orders: the map, or what has changed in it; and freezing for a switchover.</summary>
public sealed partial class Node
{
    private readonly SortedDictionary<ServiceName, TimeSpan> _freezing = [];
    private readonly SortedSet<ServiceName> _vacant = [];
    private readonly OrderParts _orderParts = new();

    private RmPreference? _preference;
    private TimeSpan _preferenceAskedAt;

    /// <summary>The RM's own switchover: the CMM is asked for the view, as for any change of the attachment.</summary>
    private void AskForMove(View view)
    {
        var next = _manager.Preference(view);
        if (next is null && _preference is null) return;
        if (next is not null && next == _preference && _now - _preferenceAskedAt < _options.Profile.Heartbeat) return;
        var last = _preference;
        (_preference, _preferenceAskedAt) = (next, _now);
        if (next is not null) StepMembership(new MembershipInput.ChangeWanted(next));
        else StepMembership(new MembershipInput.ChangeWithdrawn(last!));
    }

    private void OnMapPushed(MemberId from, ReplicationMessage.MapPushed part)
    {
        if (_orderParts.Join(from, part) is not { } order) return;
        var (generation, sequence) = (order.Map.Generation, order.Map.Sequence);
        if (IsObeyed(order.Map) && !order.Follows(Map) && (_mutations & Mutation.OrderOnAnyMap) == 0)
        {
            Send(from, new ReplicationMessage.MapTaken(generation, Map.Sequence, IsMissed: true));
            return;
        }

        Adopt(order);
        Send(from, new ReplicationMessage.MapTaken(generation, sequence));
    }

    private bool IsObeyed(ServiceMap map) => map.Generation > Map.Generation
        || (map.Generation == Map.Generation && map.Sequence > Map.Sequence)
        || ((_mutations & Mutation.NoRmGeneration) != 0 && map.Generation < Map.Generation);

    private void Adopt(ReplicationMessage.MapPushed order)
    {
        if (!IsObeyed(order.Map)) return;
        Map = Map.Follow(order);
        EndRemoved(order);
        List<HostedService> changed = [];
        foreach (var entry in InOrderOfStart(order.Map.Services))
        {
            if (Adopt(entry) is { } hosted) changed.Add(hosted);
        }

        BringUp(changed);
        foreach (var (to, request) in _router.Due(Map, _now)) SendRequest(to, request);
    }

    private HostedService? Adopt(ServiceEntry entry)
    {
        var name = entry.Definition.Name;
        if (entry.IsVacant) _vacant.Add(name);
        else _vacant.Remove(name);
        _freezing.Remove(name);
        if (entry.Definition.IsExclusive) AdoptWorker(entry);
        if (entry.Definition.IsExclusive || !IsConcerned(entry)) return null;
        if (Host(entry.Definition) is not { } hosted) return null;
        SetInterval(hosted);
        NoteCounted(hosted, entry);
        if (entry.Configuration.IsStarted) Adopt(hosted, entry.Configuration);
        TellGood(hosted);
        if (entry is { IsFrozen: true, Operation: { Stage: OperationStage.Freeze } operation })
        {
            _freezing[name] = TimeSpan.MinValue;
            if (hosted.IsPrimary) Report(new NodeEvent.Noted($"{name} is frozen: {operation.Target} takes over"));
        }

        return hosted;
    }

    /// <summary>
    /// Whether this node is to have a provider of the service, or has a copy. Else it is a spare, and need do nothing.
    /// </summary>
    private bool IsConcerned(ServiceEntry entry)
    {
        var name = entry.Definition.Name;
        return _services.ContainsKey(name) || entry.Placement.Contains(_self.Node)
            || Names(entry.Configuration) || _copies.Contains(name);
    }

    /// <summary>The provider here; one that nothing was known of begins when its primary brings it up.</summary>
    private HostedService? HostedOf(ServiceName service)
    {
        if (_services.TryGetValue(service, out var hosted)) return hosted;
        var entry = Map.Find(service);
        var definition = entry?.Definition;
        if (!Map.IsDecided) definition = _options.Services.FirstOrDefault(s => s.Name == service);
        if (definition is not { IsExclusive: false } || Host(definition) is not { } begun) return null;
        if (entry is { Configuration: { IsStarted: true } configuration }) Adopt(begun, configuration);
        return begun;
    }

    private IEnumerable<ServiceEntry> InOrderOfStart(ImmutableArray<ServiceEntry> changed) =>
        changed.All(e => e.Definition.With.IsEmpty && e.Definition.After.IsEmpty)
            ? changed
            : new ServiceGroups(changed.Select(e => e.Definition)).All.SelectMany(g => g)
                .Select(Map.Find).OfType<ServiceEntry>();

    /// <summary>A service that was removed ends here: its primary stops, its state is deleted.</summary>
    private void EndRemoved(ReplicationMessage.MapPushed order)
    {
        var removed = order.Since == 0
            ? _services.Keys.Concat(_workers.Keys).Concat(_vacant).Where(name => Map.Find(name) is null).ToList()
            : [.. order.Removed];
        foreach (var name in removed)
        {
            _vacant.Remove(name);
            _freezing.Remove(name);
            EndRemovedWorker(name);
            if (_services.TryGetValue(name, out var hosted)) EndRemoved(name, hosted);
        }
    }

    private void EndRemoved(ServiceName name, HostedService hosted)
    {
        if (hosted.Configuration is { } last)
        {
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
