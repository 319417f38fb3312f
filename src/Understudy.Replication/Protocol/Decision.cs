using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>
/// One decision of the RM while it is being made: the view, who may host what, how loaded every node is, and the
/// entries as changed so far. It becomes one checkpoint of the registry.
/// </summary>
public sealed class Decision
{
    private readonly Registry _registry;
    private readonly Dictionary<NodeId, Member> _members = [];
    private readonly HashSet<NodeId> _leaving = [];
    private readonly NodeLoads _loads;
    private readonly SortedDictionary<ServiceName, ServiceEntry> _changed = [];
    private readonly SortedSet<ServiceName> _grown = [];
    private readonly SortedSet<ServiceName> _removed = [];
    private readonly SortedDictionary<NodeId, NodeEntry> _nodes = [];
    private bool? _isHeld;
    private RmEntry? _rm;

    public Decision(Registry registry, View view, IReadOnlySet<MemberId> leaving, TimeSpan elapsed, string cause)
    {
        (_registry, View, Elapsed, Cause) = (registry, view, elapsed, cause);
        _loads = new NodeLoads(registry.Loads);
        foreach (var member in view.Members)
        {
            _members.Add(member.Id.Node, member);
            if (leaving.Contains(member.Id)) _leaving.Add(member.Id.Node);
        }

        Hosts = ConfigurationPlanner.Hosts(view);
    }

    public View View { get; }

    /// <summary>The RM's time.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>Why it is made, in words.</summary>
    public string Cause { get; set; }

    /// <summary>The members that may host services, in order of node.</summary>
    public ImmutableArray<Member> Hosts { get; }

    /// <summary>The node whose RM decides.</summary>
    public MemberId? Self { get; init; }

    /// <summary>What is said of the RM itself, as it will be.</summary>
    public RmEntry Rm => _rm ?? _registry.Rm;

    /// <summary>Whether an operator holds the automation of the whole cluster.</summary>
    public bool IsClusterHeld => _isHeld ?? _registry.IsHeld;

    /// <summary>How long it took from a member's accusation to the view without it, and from there to now.</summary>
    public Func<MemberId, ImmutableArray<HistoryPhase>> PhasesOfLoss { get; init; } = _ => [];

    /// <summary>The number of the registry's last checkpoint before this decision.</summary>
    public long Position { get; init; }

    /// <summary>Services that are frozen and have nothing in flight.</summary>
    public Func<ServiceName, bool> IsDrained { get; init; } = _ => false;

    /// <summary>Services that a switchover failed for lately: none is begun again yet.</summary>
    public Func<ServiceName, bool> IsBackingOff { get; init; } = _ => false;

    /// <summary>Exclusive services whose last holder certainly runs them no longer.</summary>
    public Func<ServiceEntry, bool> HasEnded { get; init; } = _ => false;

    /// <summary>Whether a member that is back has said that its disk has a good copy of a service.</summary>
    public Func<ServiceName, MemberId, bool> HasGoodCopy { get; init; } = (_, _) => true;

    /// <summary>
    /// Whether some node may still come, or say what it offers, before services are started for the first time.
    /// </summary>
    public bool AwaitsHosts { get; init; }

    /// <summary>Whether the leases of a service's last in-sync providers, all of them evicted, have run out.</summary>
    public Func<ServiceName, bool> IsFenced { get; init; } = _ => true;

    public Member? Find(NodeId node) => _members.GetValueOrDefault(node);

    public bool Contains(MemberId member) => Find(member.Node)?.Id == member;

    /// <summary>The service's entry as it will be, or null if there is none.</summary>
    public ServiceEntry? Find(ServiceName name) =>
        _removed.Contains(name) ? null : _changed.GetValueOrDefault(name) ?? _registry.Find(name);

    /// <summary>Whether the copy on this disk is in sync in the configuration that stands now.</summary>
    public bool WasInSync(ServiceName name, DiskId disk) =>
        _registry.Find(name) is { } before && before.Configuration.InSync.Any(p => p.Disk == disk);

    public bool IsLeaving(NodeId node) => _leaving.Contains(node);

    /// <summary>What is said of a node, as it will be.</summary>
    public NodeEntry Node(NodeId node) => FindNode(node) ?? new NodeEntry(node, IsDrained: false);

    /// <summary>Whether a node may have a provider of a service: by its rules, and with code for its kind.</summary>
    public bool MayHost(ServiceEntry entry, NodeId node) =>
        entry.Allows(node) && (FindNode(node)?.Offers(entry.Definition.Kind) ?? true);

    public bool IsDrainedNode(NodeId node) => Node(node).IsDrained;

    /// <summary>Whether the node is a member that hosts services and goes on doing so.</summary>
    public bool IsStaying(NodeId node) =>
        Find(node) is { Kind: not NodeKind.Witness } && !IsLeaving(node) && FindNode(node) is not { IsBarred: true };

    /// <summary>The groups of the services as they will be.</summary>
    public ServiceGroups Groups => _removed.Count == 0 && _changed.Values.All(IsDefinedAlike)
        ? _registry.Groups
        : new ServiceGroups(_registry.Services.Select(e => e.Definition.Name).Concat(_changed.Keys).Distinct()
            .Select(Find).OfType<ServiceEntry>().Select(e => e.Definition));

    public bool IsHeld(ServiceEntry entry) => entry.IsHeld || IsClusterHeld;

    public int PrimariesOn(NodeId node) => _loads.PrimariesOn(node);

    public int ProvidersOn(NodeId node) => _loads.ProvidersOn(node);

    /// <summary>How many services with their primary on one node have another provider on the other.</summary>
    public int Shared(NodeId primary, NodeId provider) => _loads.Shared(primary, provider);

    /// <summary>Where the primary of a service is, or is being moved to.</summary>
    public NodeId? PrimaryNode(ServiceName name) =>
        Find(name) is { } entry ? entry.Operation?.Target ?? entry.Configuration.Primary?.Node : null;

    /// <summary>Changes an entry. Its version grows by one if it differs in what a version stands for.</summary>
    public void Put(ServiceEntry entry)
    {
        var name = entry.Definition.Name;
        if (Find(name) is { } before) _loads.Count(before, -1);
        _loads.Count(entry, 1);
        var old = _registry.Find(name)?.Configuration ?? Configuration.NotStarted(name);
        var next = entry.Configuration;
        var isOld = old.Primary == next.Primary && old.Lineage == next.Lineage
            && old.InSync.SequenceEqual(next.InSync) && !_grown.Contains(name);
        _changed[name] = entry with
        {
            Left = StillLeft(entry),
            Configuration = isOld ? old : next with
            {
                Version = old.Version.Next,
                Cause = View.Epoch,
                IsPlanned = IsMoved(old, next),
            },
        };
    }

    /// <summary>The version grows even if nothing else changes.</summary>
    public void Grow(ServiceName name) => _grown.Add(name);

    public void Remove(ServiceName name)
    {
        if (Find(name) is { } entry) _loads.Count(entry, -1);
        _changed.Remove(name);
        _removed.Add(name);
    }

    public void Put(NodeEntry node) => _nodes[node.Node] = node;

    public void Put(RmEntry rm) => _rm = rm;

    public void Hold(bool isHeld) => _isHeld = isHeld;

    /// <summary>What differs from the registry.</summary>
    public RegistryChange ToChange()
    {
        List<ServiceEntry> services = [];
        foreach (var (name, entry) in _changed)
        {
            if (_registry.Find(name) is not { } before || !entry.IsSame(before)) services.Add(entry);
        }

        var change = new RegistryChange(services, _removed, _nodes.Values, _isHeld, [], Elapsed)
        {
            Rm = _rm == _registry.Rm ? null : _rm,
        };
        return change with { History = HistoryWords.Of(change, _registry, this) };
    }

    /// <summary>
    /// Of a provider that is back, or that shall not be one any more, nothing is to be said; but of a void copy as long
    /// as the in-sync set names it.
    /// </summary>
    private static ImmutableArray<Departure> StillLeft(ServiceEntry entry) => entry.Left.IsEmpty
        ? []
        : entry.Left.RemoveAll(left => entry.IsInSyncOn(left.Node)
            ? !left.Reason.IsCopyVoid || !entry.Configuration.InSync.Any(p => p.Disk == left.Disk)
            : !entry.Placement.Contains(left.Node));

    private bool IsDefinedAlike(ServiceEntry entry) =>
        ReferenceEquals(_registry.Find(entry.Definition.Name)?.Definition, entry.Definition);

    private NodeEntry? FindNode(NodeId node) => _nodes.GetValueOrDefault(node) ?? _registry.FindNode(node);

    /// <summary>Whether the primary changes though its node is still a member: nothing but a wish moves it.</summary>
    private bool IsMoved(Configuration old, Configuration next) =>
        next.Primary is { } primary && old.Primary is { } before && primary != before && Contains(before);
}
