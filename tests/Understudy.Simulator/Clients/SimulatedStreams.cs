using Understudy.Client.Protocol;
using Understudy.Contracts;
using Understudy.Http.Protocol;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Simulator.Faults;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Clients;

/// <summary>One stream of the service map, from a node to a client.</summary>
internal sealed class MapStream(FollowingClient client, int ear, int node)
{
    public FollowingClient Client => client;

    /// <summary>Which of the client's two it is.</summary>
    public int Ear => ear;

    public int Node => node;

    /// <summary>What the node has told, or the client had before.</summary>
    public ServiceMapPosition? Seen { get; set; }

    /// <summary>When the last of what was sent arrives.</summary>
    public long LastArrival { get; set; }

    /// <summary>When the client last heard anything.</summary>
    public long HeardAt { get; set; }

    /// <summary>True once the client no longer listens.</summary>
    public bool IsOver { get; set; }
}

/// <summary>
/// The streams of the service map: what each node knows and tells, as the real log and its writer decide. Events are
/// late, streams break, and a node that stands still or lost its power is silent.
/// </summary>
internal sealed class SimulatedStreams
{
    /// <summary>A node that has nothing to tell says so.</summary>
    private static readonly long AliveEvery = TimeSpan.FromSeconds(5).Ticks;

    private readonly SimulatedCluster _cluster;
    private readonly SeededRandom _random;
    private readonly bool _isUsed;
    private readonly Uri[] _addresses;
    private readonly Dictionary<string, int> _indices = [];
    private readonly ServiceMapWriter[] _writers;
    private readonly ServiceMapLog[] _logs;
    private readonly ServiceMap?[] _taken;
    private readonly List<MapStream>[] _open;
    private readonly (ServiceMapPosition? Seen, ServiceMapPosition At, ServiceMapDocument? Document)[] _written;

    public SimulatedStreams(SimulatedCluster cluster, SeededRandom random)
    {
        (_cluster, _random) = (cluster, random);
        _isUsed = cluster.Scenario.Clients.Count > 0;
        List<NodeAddress> nodes = [.. cluster.Nodes.Select(n => n.Option.Id.Value).Select(AddressOf)];
        _addresses = [.. nodes.Select(node => new Uri(node.Url))];
        for (var i = 0; i < _addresses.Length; i++) _indices.Add(_addresses[i].Authority, i);
        _writers = [.. cluster.Nodes.Select(node => new ServiceMapWriter(node.Option.Id, nodes))];
        _logs = [.. nodes.Select(_ => new ServiceMapLog())];
        _taken = new ServiceMap?[nodes.Count];
        _open = [.. nodes.Select(_ => new List<MapStream>())];
        _written = new (ServiceMapPosition?, ServiceMapPosition, ServiceMapDocument?)[nodes.Count];
    }

    private FollowerScenario Scenario => _cluster.Scenario.Followers;

    public Uri AddressOf(int node) => _addresses[node];

    /// <summary>The node at an address.</summary>
    public int NodeAt(Uri url) => _indices[url.Authority];

    /// <summary>The version of a service that a node's process has heard of.</summary>
    public ConfigurationVersion VersionOf(SimulatedNode node, ServiceName service) =>
        _logs[node.Index].Map.Find(service)?.Configuration.Version ?? ConfigurationVersion.None;

    /// <summary>A client begins to listen.</summary>
    public void Open(FollowingClient client, int ear, StreamStep.Listen listen)
    {
        var stream = new MapStream(client, ear, NodeAt(listen.Node))
        {
            Seen = ServiceMapPosition.TryParse(listen.LastEventId, out var last) ? last : null,
            HeardAt = _cluster.Now,
        };
        Schedule(EventKind.StreamArrives, stream, Draw());
    }

    public void OnArrives(MapStream stream)
    {
        var node = _cluster.Nodes[stream.Node];
        if (!node.IsProcessUp)
        {
            Schedule(EventKind.StreamEnds, stream, node.HasPower ? 0 : StreamPlan.LongestPause.Ticks);
            return;
        }

        _open[stream.Node].Add(stream);
        Schedule(EventKind.StreamChecked, stream, AliveEvery);
        if (node.IsAwake) Tell(stream);
    }

    /// <summary>A node has taken a turn: does it know more?</summary>
    public void OnStepped(SimulatedNode node)
    {
        var index = node.Index;
        if (!_isUsed || node.Core is not { } core || ReferenceEquals(core.Map, _taken[index])) return;
        if (core.View is not { } view) return;
        _taken[index] = core.Map;
        if (!_logs[index].Take(view.Cluster, core.Map)) return;
        foreach (var stream in _open[index]) Tell(stream);
    }

    public void OnTells(StreamEvent told)
    {
        if (told.Stream.IsOver) return;
        told.Stream.HeardAt = _cluster.Now;
        told.Stream.Client.OnTold(told.Stream.Ear, told.Document);
    }

    public void OnEnds(MapStream stream)
    {
        if (stream.IsOver) return;
        stream.IsOver = true;
        _open[stream.Node].Remove(stream);
        stream.Client.OnStreamEnded(stream.Ear);
    }

    /// <summary>Has the node said that it is alive? And does the connection hold?</summary>
    public void OnChecked(MapStream stream)
    {
        if (stream.IsOver) return;
        var isOpen = _open[stream.Node].Contains(stream);
        if (isOpen && _cluster.Nodes[stream.Node].IsAwake)
        {
            stream.HeardAt = _cluster.Now;
            Tell(stream); // What it was not told because its node stood still when it came.
        }

        var isBroken = isOpen && !_cluster.IsCalm && _random.Chance(Scenario.StreamBreaks);
        if (isBroken) _cluster.Faults.Count(FaultKind.StreamBroken);
        if (isBroken || _cluster.Now - stream.HeardAt >= StreamPlan.Silence.Ticks) OnEnds(stream);
        else Schedule(EventKind.StreamChecked, stream, AliveEvery);
    }

    /// <summary>A node's process has gone, and what it knew.</summary>
    public void OnProcessGone(int node, bool hasPower)
    {
        (_logs[node], _taken[node], _written[node]) = (new ServiceMapLog(), null, default);
        if (hasPower)
        {
            foreach (var stream in _open[node]) Schedule(EventKind.StreamEnds, stream, Arrival(stream) - _cluster.Now);
        }

        _open[node].Clear();
    }

    private static NodeAddress AddressOf(string node) => new(node, $"http://{node}:7201");

    private void Tell(MapStream stream)
    {
        if (Since(stream.Node, stream.Seen) is not var (at, document)) return;
        stream.Seen = at;
        _cluster.ScheduleAt(Arrival(stream), new SimulationEvent(
            EventKind.StreamTells, stream.Node, stream.Ear, Payload: new StreamEvent(stream, document)));
    }

    /// <summary>What a node tells those who have seen so much: most of its streams have seen the same.</summary>
    private (ServiceMapPosition At, ServiceMapDocument Document)? Since(int node, ServiceMapPosition? seen)
    {
        var log = _logs[node];
        ref var written = ref _written[node];
        if (written.Document is { } same && written.Seen == seen && written.At == log.At) return (written.At, same);
        if (log.Since(seen) is not { } change) return null;
        var document = _writers[node].Write(change);
        written = (seen, change.At, document);
        return (change.At, document);
    }

    /// <summary>When what is sent now arrives: in order.</summary>
    private long Arrival(MapStream stream) =>
        stream.LastArrival = Math.Max(stream.LastArrival + 1, _cluster.Now + Draw());

    private void Schedule(EventKind kind, MapStream stream, long delay) =>
        _cluster.Schedule(delay, new SimulationEvent(kind, stream.Node, stream.Ear, Payload: stream));

    private long Draw()
    {
        var mean = _cluster.IsCalm ? Math.Min(Scenario.MeanDelay, TimeSpan.TicksPerMillisecond) : Scenario.MeanDelay;
        return _random.Exponential(new TimeSpan(mean)).Ticks;
    }
}

/// <summary>An event of a stream, on its way to its client.</summary>
internal sealed record StreamEvent(MapStream Stream, ServiceMapDocument Document);
