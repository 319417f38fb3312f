using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// The RM's state: every service's definition, configuration and operation, what an operator said of nodes and of
/// the cluster, and the latest changes. A checkpoint is the records that change.
/// </summary>
public sealed class Registry : IReplicatedState
{
    /// <summary>The RM is itself a service under this name; no configured service may have it.</summary>
    public static readonly ServiceName Name = new("~registry");

    /// <summary>What operators call the RM where a service is named; no new service may have this name.</summary>
    public const string ShortName = "rm";

    /// <summary>How many changes are remembered.</summary>
    public const int HistoryKept = 512;

    private readonly SortedDictionary<ServiceName, ServiceEntry> _services = [];
    private readonly SortedDictionary<NodeId, NodeEntry> _nodes = [];
    private readonly SortedSet<ServiceName> _removed = [];
    private readonly SortedSet<ServiceName> _underWay = [];
    private readonly SortedSet<ServiceName> _vacant = [];
    private readonly SortedSet<ServiceName> _failing = [];
    private readonly SortedSet<ServiceName> _lost = [];
    private readonly RecentChanges _recent = new();
    private readonly List<HistoryEntry> _history = [];
    private int _started;
    private ServiceGroups? _groups;
    private ImmutableArray<HistoryEntry>? _published;

    /// <summary>What begins each record.</summary>
    private enum RecordKind : byte
    {
        Service = 1,
        Removed = 2,
        Node = 3,
        Cluster = 4,
        History = 5,
    }

    public ImmutableArray<ServiceEntry> Services => [.. _services.Values];

    /// <summary>What an operator said of nodes, in order.</summary>
    public ImmutableArray<NodeEntry> Nodes => [.. _nodes.Values];

    /// <summary>Whether an operator holds the automation of the whole cluster.</summary>
    public bool IsHeld { get; private set; }

    /// <summary>What is said of the RM itself.</summary>
    public RmEntry Rm { get; private set; } = RmEntry.None;

    /// <summary>How long RMs have been active, as the last decision has it.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>The latest changes, the oldest first.</summary>
    public ImmutableArray<HistoryEntry> History => _published ??= [.. _history];

    /// <summary>The number of the last change.</summary>
    public long LastChange { get; private set; }

    /// <summary>The services that have an operation under way.</summary>
    public IReadOnlyCollection<ServiceName> UnderWay => _underWay;

    /// <summary>The exclusive services that nobody is ordered to run.</summary>
    public IReadOnlyCollection<ServiceName> Vacant => _vacant;
    /// <summary>The services whose code failed, so that it still counts.</summary>
    public IReadOnlyCollection<ServiceName> Failing => _failing;

    /// <summary>The services that were started and have no in-sync provider left.</summary>
    public IReadOnlyCollection<ServiceName> Lost => _lost;

    /// <summary>Whether any service was ever started.</summary>
    public bool HasStarted => _started > 0;

    /// <summary>Which services are decided on together.</summary>
    public ServiceGroups Groups => _groups ??= new ServiceGroups(_services.Values.Select(e => e.Definition));

    /// <summary>Carries out an operator's command; set by the RM of this node.</summary>
    public Func<ReadOnlyMemory<byte>, Execution>? Obey { get; set; }

    /// <summary>How loaded every node is.</summary>
    internal NodeLoads Loads { get; } = new();

    public ServiceEntry? Find(ServiceName name) => _services.GetValueOrDefault(name);

    public NodeEntry? FindNode(NodeId node) => _nodes.GetValueOrDefault(node);

    /// <summary>What is said of a node; of most nothing is.</summary>
    public NodeEntry Node(NodeId node) => _nodes.GetValueOrDefault(node) ?? new NodeEntry(node, IsDrained: false);

    /// <summary>Whether a service of this name was removed: some node may still have its state.</summary>
    public bool WasRemoved(ServiceName name) => _removed.Contains(name);

    /// <summary>The change that led to a version of a service, or null if it is not remembered by itself.</summary>
    public HistoryEntry? FindChange(ServiceName service, ConfigurationVersion version) =>
        _history.FindLast(e => e.Service == service && e.Version == version && e.From < version);

    /// <summary>All that nodes are ordered, as it is now.</summary>
    public ServiceMap ToMap(ConfigurationVersion generation, long sequence) =>
        new(generation, sequence, Services) { Nodes = Nodes, IsHeld = IsHeld, Rm = Rm };

    /// <summary>
    /// The services that changed after a checkpoint, up to and with another, removed ones too; null if that is too long
    /// ago.
    /// </summary>
    public IReadOnlyCollection<ServiceName>? ChangedBetween(long after, long last) => _recent.Between(after, last);

    /// <summary>Makes the changes here and gives them as a checkpoint.</summary>
    /// <param name="change">What changes.</param>
    /// <param name="sequence">The checkpoint's number.</param>
    public ReadOnlyMemory<byte> Change(RegistryChange change, long sequence)
    {
        _recent.Begin(sequence);
        var writer = new ByteWriter();
        foreach (var entry in change.Services)
        {
            if (_services.TryGetValue(entry.Definition.Name, out var before))
            {
                Invariant.Holds(
                    entry.Configuration.Version >= before.Configuration.Version,
                    $"OnePrimary: the version of {entry.Definition.Name} only grows");
            }

            Put(entry, sequence);
            Write(writer, RecordKind.Service, ReplicationCodec.EncodeServiceEntry(entry));
        }

        foreach (var name in change.Removed)
        {
            Remove(name, sequence);
            WriteRemoved(writer, name);
        }

        foreach (var node in change.Nodes)
        {
            _nodes[node.Node] = node;
            Write(writer, RecordKind.Node, ReplicationCodec.EncodeNodeEntry(node));
        }

        (IsHeld, Elapsed, Rm) = (change.IsHeld ?? IsHeld, change.Elapsed, change.Rm ?? Rm);
        Write(writer, RecordKind.Cluster, ReplicationCodec.EncodeClusterEntry(IsHeld, Elapsed, Rm));
        foreach (var entry in change.History)
        {
            Remember(entry);
            Write(writer, RecordKind.History, ReplicationCodec.EncodeHistoryEntry(entry));
        }

        return writer.ToMemory();
    }

    public Execution Execute(ReadOnlyMemory<byte> request) => Obey is { } obey
        ? obey(request)
        : throw new InvalidOperationException("The registry is changed by the RM alone.");

    public void Apply(ReadOnlyMemory<byte> checkpoint, long sequence)
    {
        _recent.Begin(sequence);
        Read(checkpoint, sequence);
    }

    private void Read(ReadOnlyMemory<byte> checkpoint, long sequence)
    {
        var reader = new ByteReader(checkpoint);
        while (!reader.Rest().IsEmpty)
        {
            var kind = (RecordKind)reader.Byte();
            var bytes = reader.Bytes();
            switch (kind)
            {
                case RecordKind.Service: Put(ReplicationCodec.DecodeServiceEntry(bytes.Span), sequence); break;
                case RecordKind.Removed: Remove(new ServiceName(new ByteReader(bytes).Text()), sequence); break;
                case RecordKind.Node:
                    var node = ReplicationCodec.DecodeNodeEntry(bytes.Span);
                    _nodes[node.Node] = node;
                    break;
                case RecordKind.Cluster:
                    (IsHeld, Elapsed, Rm) = ReplicationCodec.DecodeClusterEntry(bytes.Span);
                    break;
                case RecordKind.History: Remember(ReplicationCodec.DecodeHistoryEntry(bytes.Span)); break;
                default: throw new FormatException($"A stored record of the registry is of an unknown kind {kind}.");
            }
        }
    }

    public ReadOnlyMemory<byte> Save()
    {
        var writer = new ByteWriter();
        foreach (var entry in _services.Values)
        {
            Write(writer, RecordKind.Service, ReplicationCodec.EncodeServiceEntry(entry));
        }

        foreach (var name in _removed) WriteRemoved(writer, name);
        foreach (var node in _nodes.Values) Write(writer, RecordKind.Node, ReplicationCodec.EncodeNodeEntry(node));
        Write(writer, RecordKind.Cluster, ReplicationCodec.EncodeClusterEntry(IsHeld, Elapsed, Rm));
        foreach (var entry in _history) Write(writer, RecordKind.History, ReplicationCodec.EncodeHistoryEntry(entry));
        return writer.ToMemory();
    }

    public void Load(ReadOnlyMemory<byte> state)
    {
        _services.Clear();
        _nodes.Clear();
        _removed.Clear();
        _underWay.Clear();
        _vacant.Clear();
        _failing.Clear();
        _lost.Clear();
        _history.Clear();
        Loads.Clear();
        (_groups, _published, _started) = (null, null, 0);
        (IsHeld, Elapsed, LastChange, Rm) = (false, TimeSpan.Zero, 0, RmEntry.None);
        Read(state, 0);
        _recent.Clear();
    }

    private void Put(ServiceEntry entry, long sequence)
    {
        var name = entry.Definition.Name;
        var isKnown = _services.TryGetValue(name, out var before)
            && ReferenceEquals(before.Definition, entry.Definition);
        if (!isKnown) _groups = null;
        Replace(name, before, entry, sequence);
        if (entry.Operation is null) _underWay.Remove(name);
        else _underWay.Add(name);
        if (entry.IsVacant) _vacant.Add(name);
        else _vacant.Remove(name);
        if (entry.Failures.Any(f => f.Count > 0)) _failing.Add(name);
        else _failing.Remove(name);
        if (entry.Configuration is { IsStarted: true, Primary: null } && !entry.IsVacant) _lost.Add(name);
        else _lost.Remove(name);
    }

    private void Replace(ServiceName name, ServiceEntry? before, ServiceEntry? after, long sequence)
    {
        _recent.Add(sequence, name);
        if (before is not null) Loads.Count(before, -1);
        if (before is { Configuration.IsStarted: true }) _started--;
        if (after is null)
        {
            _services.Remove(name);
            return;
        }

        _services[name] = after;
        Loads.Count(after, 1);
        if (after.Configuration.IsStarted) _started++;
    }

    private void Remove(ServiceName name, long sequence)
    {
        Replace(name, _services.GetValueOrDefault(name), null, sequence);
        _underWay.Remove(name);
        _vacant.Remove(name);
        _failing.Remove(name);
        _lost.Remove(name);
        _removed.Add(name);
        _groups = null;
    }

    private void Remember(HistoryEntry entry)
    {
        _published = null;
        var known = _history.FindIndex(e => e.Number == entry.Number);
        if (known >= 0) _history[known] = entry;
        else if (entry.Number > LastChange) _history.Add(entry);
        if (_history.Count > HistoryKept) _history.RemoveAt(0);
        LastChange = Math.Max(LastChange, entry.Number);
    }

    private static void WriteRemoved(ByteWriter writer, ServiceName name)
    {
        var record = new ByteWriter();
        record.Text(name.Value);
        Write(writer, RecordKind.Removed, record.ToMemory().Span);
    }

    private static void Write(ByteWriter writer, RecordKind kind, ReadOnlySpan<byte> record)
    {
        writer.Byte((byte)kind);
        writer.Bytes(record);
    }
}
