using System.Buffers;
using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Protocol;
using Understudy.Services;
using Understudy.Transport;

namespace Understudy.Hosting;

/// <summary>
/// A few nodes in one thread, with a disk that is always done and a network that always delivers, each message through
/// its codec. Time is as fast as the nodes are.
/// </summary>
internal sealed class DrillCluster
{
    /// <summary>A drill that has not come so far in this time has failed: 60 s of its own time.</summary>
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(60);

    private readonly SortedDictionary<NodeId, DrillNode> _nodes = [];
    private readonly Queue<(DrillNode To, NodeInput Input)> _queue = [];
    private readonly Queue<ServiceExecutor> _runnable = [];
    private readonly List<NodeEffect> _effects = [];
    private readonly NodeCodec _codec = new();
    private readonly EventReports _reports =
        new(new Timeline(new NodeId("drill")), new DrillLogger(), TimeProvider.System);
    private readonly ArrayBufferWriter<byte> _wire = new();
    private readonly TimeSpan _tick;
    private readonly Func<bool> _mayGoOn;
    private TimeSpan _now;
    private long _lastNumber;

    public DrillCluster(NodeOptions options, ulong seed, Func<bool> mayGoOn)
    {
        (_tick, _mayGoOn) = (options.Profile.Tick, mayGoOn);
        var random = new SeededRandom(seed);
        foreach (var option in options.Nodes)
        {
            var member = new MemberId(option.Id, new Incarnation(1, random.Next()));
            var disk = new DiskId(random.NextId());
            var stored = new StoredNode(
                disk,
                ImmutableSortedDictionary<string, ReadOnlyMemory<byte>>.Empty,
                ImmutableSortedDictionary<ServiceName, StoredReplica>.Empty);
            var node = new Node(options, member, stored, random.Fork());
            _nodes.Add(option.Id, new DrillNode(node, new PeerIdentity(member, disk, null)));
        }

        foreach (var one in _nodes.Values)
        {
            foreach (var other in _nodes.Values.Where(other => other != one))
                _queue.Enqueue((one, new NodeInput.ChannelUp(other.Identity)));
        }
    }

    /// <summary>The node of the service's primary, once one was activated.</summary>
    public NodeId? Primary { get; private set; }

    /// <summary>How many providers were in sync in the last configuration.</summary>
    public int InSync { get; private set; }

    /// <summary>How many requests wait for their answers.</summary>
    public int Unanswered { get; private set; }

    /// <summary>Ends a node: its channels break.</summary>
    public void Kill(NodeId id)
    {
        var dead = _nodes[id];
        _nodes.Remove(id);
        foreach (var node in _nodes.Values) _queue.Enqueue((node, new NodeInput.ChannelLost(dead.Identity.Member)));
    }

    /// <summary>Asks every node in turn.</summary>
    public void Ask(ServiceName service, KvRequest request, string? key)
    {
        var number = ++_lastNumber;
        var node = _nodes.Values.ElementAt((int)(number % _nodes.Count));
        Unanswered++;
        _queue.Enqueue((node, new NodeInput.Requested(
            number, service, KvCodec.Encode(request), request.IsRead, key, TimeSpan.FromSeconds(10))));
    }

    /// <summary>Goes on until the condition holds; false if it does not in time.</summary>
    public bool RunUntil(Func<bool> condition)
    {
        for (var limit = _now + _longest; _now < limit && _mayGoOn(); _now += _tick)
        {
            foreach (var node in _nodes.Values) _queue.Enqueue((node, NodeInput.Tick.Instance));
            while (_queue.TryDequeue(out var next) && _mayGoOn()) Step(next.To, next.Input);
            if (condition()) return true;
        }

        return false;
    }

    private ServiceExecutor ExecutorOf(DrillNode node, ServiceName service)
    {
        if (node.Executors.TryGetValue(service, out var executor)) return executor;
        return node.Executors[service] = new ServiceExecutor(
            service,
            new KvService(),
            report => _queue.Enqueue((node, new NodeInput.Reported(service, report))),
            () => _runnable.Enqueue(node.Executors[service]),
            TimeProvider.System)
        {
            Beside = static work => work(),
        };
    }

    private void RunExecutors()
    {
        while (_runnable.TryDequeue(out var executor))
        {
            var run = executor.RunAsync();
            Invariant.Holds(run.IsCompletedSuccessfully, "Drill: kv waits for nothing");
        }
    }

    private void Step(DrillNode node, NodeInput input)
    {
        if (!_nodes.ContainsKey(node.Identity.Member.Node)) return;
        _effects.Clear();
        node.Node.Step(_now, input, _effects);
        node.Node.Step(_now, NodeInput.BatchEnded.Instance, _effects);
        foreach (var effect in _effects) Perform(node, effect);
        RunExecutors();
    }

    private void Perform(DrillNode node, NodeEffect effect)
    {
        switch (effect)
        {
            case NodeEffect.Send send when Find(send.To) is { } to:
                _queue.Enqueue((to, new NodeInput.Received(node.Identity.Member, Carry(send.Message))));
                break;
            case NodeEffect.Write write:
                _queue.Enqueue((node, new NodeInput.Flushed(write.File, write.Ticket)));
                break;
            case NodeEffect.Probe probe when Find(probe.Peer) is null:
                _queue.Enqueue((node, new NodeInput.ProbeFailed(probe.Peer)));
                break;
            case NodeEffect.Instruct instruct:
                ExecutorOf(node, instruct.Service).Take(instruct.Instruction);
                break;
            case NodeEffect.Answer:
                Unanswered--;
                break;
            case NodeEffect.Report report:
                Note(node, report.Event);
                break;
        }
    }

    private void Note(DrillNode node, NodeEvent happened)
    {
        _reports.Report(happened);
        if (happened is NodeEvent.PrimaryActivated) Primary = node.Identity.Member.Node;
        if (happened is NodeEvent.Configured configured) InSync = configured.Configuration.InSync.Length;
    }

    private DrillNode? Find(MemberId member) =>
        _nodes.TryGetValue(member.Node, out var node) && node.Identity.Member == member ? node : null;

    private Message Carry(Message message)
    {
        _wire.ResetWrittenCount();
        var layer = _codec.Encode(message, _wire);
        var isRead = _codec.TryDecode(layer, _wire.WrittenSpan.ToArray(), out var carried, out var reason);
        Invariant.Holds(isRead, $"Drill: a message does not survive its codec: {reason}");
        return carried!;
    }

    private sealed record DrillNode(Node Node, PeerIdentity Identity)
    {
        public Dictionary<ServiceName, ServiceExecutor> Executors { get; } = [];
    }
}
