using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>
/// The RM's primary (FIG 2, 206; FIG 3): decides every service's configuration from the view, one decision for one
/// change of view, and orders it once it is committed. It acts only between being activated and deposed; what it
/// decides goes through the registry's replica, as a service's checkpoints do.
/// </summary>
public sealed class ReplicaManager(
    ImmutableArray<ServiceDefinition> definitions, Registry registry, Replica replica, Profile profile)
{
    private readonly SortedSet<MemberId> _leaving = [];
    private readonly SortedDictionary<MemberId, Push> _pushed = [];
    private readonly Queue<ServiceMap> _uncommitted = new();
    private ServiceMap? _committed;
    private ConfigurationVersion _generation;

    /// <summary>Which map a member was sent, when, and which it has taken over.</summary>
    private readonly record struct Push(long Sent, long Taken, TimeSpan SentAt);

    /// <summary>Whether this node's RM decides.</summary>
    public bool IsActive { get; private set; }

    /// <summary>This node won the selection: recover the registry, and reconcile it with the view.</summary>
    public void Activate(ConfigurationVersion generation)
    {
        IsActive = true;
        _generation = generation;
        _pushed.Clear();
        _uncommitted.Clear();
        _committed = null;
        // What the registry says now stands once everything in it is committed in this version.
        _uncommitted.Enqueue(new ServiceMap(generation, replica.LastSequence, registry.Services));
    }

    public void Depose() => IsActive = false;

    /// <summary>Decides what the view changes, for all services at once.</summary>
    public void Reconcile(View view)
    {
        if (!IsActive) return;
        _leaving.RemoveWhere(m => !view.Contains(m));
        foreach (var gone in _pushed.Keys.Where(m => !view.Contains(m)).ToList()) _pushed.Remove(gone);
        List<ServiceEntry> changed = [];
        var load = Load();
        foreach (var definition in definitions)
        {
            var entry = registry.Find(definition.Name);
            var next = entry is null
                ? ConfigurationPlanner.Start(definition, view, load, _leaving)
                : ConfigurationPlanner.Next(entry.Definition, entry.Configuration, view, load, _leaving);
            if (next is null) continue;
            changed.Add(new ServiceEntry(entry?.Definition ?? definition, next));
            if (next.Primary is { } primary) load[primary.Node] = load.GetValueOrDefault(primary.Node) + 1;
        }

        Commit(changed);
    }

    /// <summary>A service's primary asks to take a provider in or out; void in any other version.</summary>
    public void OnInSyncWanted(MemberId from, ReplicationMessage.InSyncWanted wanted, View view)
    {
        if (!IsActive || registry.Find(wanted.Service) is not { } entry) return;
        var present = entry.Configuration;
        if (present.Version != wanted.Version || present.Primary != from || wanted.Provider.Member == from) return;
        var others = present.InSync.Where(p => p.Member.Node != wanted.Provider.Member.Node);
        if (wanted.IsIncluded)
        {
            if (!view.Contains(wanted.Provider.Member) || present.IsInSync(wanted.Provider.Member)) return;
            others = others.Append(wanted.Provider);
        }

        // Without a change of the set the version still grows: that ends a joining mark which holds up commits.
        Commit([entry with
        {
            Configuration = present with
            {
                Version = present.Version.Next,
                InSync = [.. others.OrderBy(p => p.Member)],
                Cause = view.Epoch,
                IsPlanned = false,
            },
        }]);
    }

    /// <summary>A node is about to leave: its primaries go to in-sync providers elsewhere.</summary>
    public void OnHandOverWanted(MemberId from, View view)
    {
        if (!IsActive || !view.Contains(from) || !_leaving.Add(from)) return;
        Reconcile(view);
    }

    public void OnMapTaken(MemberId from, ReplicationMessage.MapTaken taken)
    {
        if (taken.Generation != _generation || !_pushed.TryGetValue(from, out var push)) return;
        _pushed[from] = push with { Taken = Math.Max(push.Taken, taken.Sequence) };
    }

    /// <summary>The map to order now, if a newer one is committed than was returned before; null otherwise.</summary>
    public ServiceMap? TakeCommitted()
    {
        if (!IsActive) return null;
        ServiceMap? newest = null;
        while (_uncommitted.TryPeek(out var map) && map.Sequence <= replica.Committed) newest = _uncommitted.Dequeue();
        if (newest is not null) _committed = newest;
        return newest;
    }

    /// <summary>To whom the committed map is still to be sent: once at once, then again until it is taken.</summary>
    public List<(MemberId To, ServiceMap Map)> DuePushes(View view, MemberId self, TimeSpan now)
    {
        if (!IsActive || _committed is not { } map) return [];
        List<(MemberId, ServiceMap)> due = [];
        foreach (var member in view.Members)
        {
            if (member.Id == self) continue;
            var push = _pushed.GetValueOrDefault(member.Id, new Push(-1, -1, TimeSpan.Zero));
            if (push.Taken >= map.Sequence) continue;
            if (push.Sent >= map.Sequence && now - push.SentAt < profile.Heartbeat) continue;
            _pushed[member.Id] = push with { Sent = map.Sequence, SentAt = now };
            due.Add((member.Id, map));
        }

        return due;
    }

    private void Commit(List<ServiceEntry> changed)
    {
        if (changed.Count == 0) return;
        var sequence = replica.Append(OnceOnlyState.Wrap(registry.Change(changed)));
        _uncommitted.Enqueue(new ServiceMap(_generation, sequence, registry.Services));
    }

    private SortedDictionary<NodeId, int> Load()
    {
        SortedDictionary<NodeId, int> load = [];
        foreach (var entry in registry.Services)
        {
            if (entry.Configuration.Primary is { } primary)
            {
                load[primary.Node] = load.GetValueOrDefault(primary.Node) + 1;
            }
        }

        return load;
    }
}
