using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Services;
using Understudy.Transport;

namespace Understudy.Tests.Protocol;

/// <summary>
/// Whole nodes in one thread: disks that flush at once, a network that delivers in order. Records what they report and
/// answer.
/// </summary>
internal sealed class NodeCluster
{
    public static readonly ServiceName Kv = new("kv");

    private readonly SortedDictionary<NodeId, Site> _running = [];
    private readonly Queue<(MemberId To, NodeInput Input)> _queue = new();
    private readonly Queue<ServiceExecutor> _runnable = new();
    private readonly Dictionary<long, TimeSpan> _askedAt = [];
    private readonly HashSet<NodeId> _hanging = [];
    private readonly NodeOptions _options;
    private long _lastNumber;
    private TimeSpan _now;

    /// <summary>So many voters, of which three provide kv, and so many nodes that do not vote.</summary>
    public NodeCluster(
        int voters, int others, ServiceDefinition? kv = null, ServiceDefinition? worker = null)
    {
        ImmutableArray<NodeOption> nodes =
        [
            .. Enumerable.Range(1, voters + others)
                .Select(i => new NodeOption(new NodeId($"n{i}"), i <= voters ? NodeKind.Voter : NodeKind.NonVoter)),
        ];
        kv ??= new ServiceDefinition(Kv, "kv", 2, 1, true);
        _options = new NodeOptions("web", Profile.Lan, nodes, worker is null ? [kv] : [kv, worker]);
    }

    public List<(NodeId Node, NodeEvent Event)> Reports { get; } = [];

    /// <summary>The workers that run, and on which node; in the order in which they began.</summary>
    public List<(NodeId Node, NodeEffect.RunWorker Run)> Runs { get; } = [];

    public List<Reply> Replies { get; } = [];

    /// <summary>The nodes whose ends were noticed.</summary>
    public List<string> Losses { get; } = [];

    /// <summary>Whether workers ignore that they are told to stop.</summary>
    public bool AreDeaf { get; set; }

    /// <summary>How many requests wait for their answers.</summary>
    public int Unanswered => _askedAt.Count;

    /// <summary>The longest time that a request has waited for its answer.</summary>
    public TimeSpan LongestWait { get; private set; }

    public Node On(string node) => _running[new NodeId(node)].Node;

    /// <summary>The service's configuration as a node knows it.</summary>
    public Understudy.Replication.Configuration? KvOn(string node) => On(node).Map.Find(Kv)?.Configuration;

    public void Start(string name)
    {
        var id = new NodeId(name);
        var member = new MemberId(id, new Incarnation(1, (ulong)_running.Count + 1));
        var disk = new DiskId((UInt128)name[^1]);
        var stored = new StoredNode(
            disk,
            ImmutableSortedDictionary<string, ReadOnlyMemory<byte>>.Empty,
            ImmutableSortedDictionary<ServiceName, StoredReplica>.Empty);
        var site = new Site(new Node(_options, member, stored, new SeededRandom(7)), member, disk);
        foreach (var other in _running.Values)
        {
            _queue.Enqueue((member, new NodeInput.ChannelUp(other.Identity)));
            _queue.Enqueue((other.Member, new NodeInput.ChannelUp(site.Identity)));
        }

        _running.Add(id, site);
    }

    /// <summary>The process dies; its channels break and nothing answers there.</summary>
    public void Kill(string name)
    {
        var gone = _running[new NodeId(name)];
        _running.Remove(gone.Member.Node);
        Runs.RemoveAll(r => r.Node == gone.Member.Node);
        foreach (var other in _running.Values) _queue.Enqueue((other.Member, new NodeInput.ChannelLost(gone.Member)));
    }

    /// <summary>The process stands still: nothing that comes there is looked at.</summary>
    public void Hang(string name) => _hanging.Add(new NodeId(name));

    public void Command(string node, OperatorCommand command) => _queue.Enqueue((
        _running[new NodeId(node)].Member,
        new NodeInput.CommandGiven(++_lastNumber, command, null, TimeSpan.FromSeconds(5))));

    /// <summary>A run ends on its node.</summary>
    public void End(NodeId node, NodeEffect.RunWorker run, WorkerEnd end)
    {
        Runs.Remove((node, run)).ShouldBeTrue();
        _queue.Enqueue((
            _running[node].Member, new NodeInput.WorkerEnded(run.Service, run.Run, end, end.ToString())));
    }

    public void Stop(string node) =>
        _queue.Enqueue((_running[new NodeId(node)].Member, new NodeInput.StopRequested()));

    /// <summary>Asks a node for an increment.</summary>
    public void Ask(string node, ServiceName? service = null, TimeSpan? holdFor = null)
    {
        _askedAt.Add(++_lastNumber, _now);
        _queue.Enqueue((_running[new NodeId(node)].Member, new NodeInput.Requested(
            _lastNumber,
            service ?? Kv,
            KvCodec.Encode(new KvRequest.Increment("a")),
            IsRead: false,
            IdempotencyKey: null,
            holdFor ?? TimeSpan.FromSeconds(5))));
    }

    /// <summary>Time passes in ticks; before each, this happens.</summary>
    public void Run(TimeSpan time, Action? before = null)
    {
        for (var end = _now + time; _now < end;)
        {
            before?.Invoke();
            _now += Profile.Lan.Tick;
            foreach (var site in _running.Values) _queue.Enqueue((site.Member, NodeInput.Tick.Instance));
            while (_queue.TryDequeue(out var next)) Step(next.To, next.Input);
        }
    }

    private void Step(MemberId to, NodeInput input)
    {
        if (!_running.TryGetValue(to.Node, out var site) || site.Member != to || _hanging.Contains(to.Node)) return;
        if (input is NodeInput.ChannelLost lost) Losses.Add(lost.Peer.Node.Value);
        List<NodeEffect> effects = [];
        site.Node.Step(_now, input, effects);
        site.Node.Step(_now, NodeInput.BatchEnded.Instance, effects);
        foreach (var effect in effects) Perform(to, effect);
        while (_runnable.TryDequeue(out var executor))
        {
            var run = executor.RunAsync();
            run.IsCompletedSuccessfully.ShouldBeTrue("kv waits for nothing");
        }
    }

    private ServiceExecutor ExecutorOf(MemberId member, ServiceName service)
    {
        var executors = _running[member.Node].Executors;
        if (executors.TryGetValue(service, out var executor)) return executor;
        return executors[service] = new ServiceExecutor(
            service,
            new KvService(),
            report => _queue.Enqueue((member, new NodeInput.Reported(service, report))),
            () => _runnable.Enqueue(executors[service]),
            TimeProvider.System)
        {
            Beside = static work => work(),
        };
    }

    private void Perform(MemberId by, NodeEffect effect)
    {
        switch (effect)
        {
            case NodeEffect.Send send: _queue.Enqueue((send.To, new NodeInput.Received(by, send.Message))); break;
            case NodeEffect.Write write: _queue.Enqueue((by, new NodeInput.Flushed(write.File, write.Ticket))); break;
            case NodeEffect.Probe probe when !_running.ContainsKey(probe.Peer.Node):
                _queue.Enqueue((by, new NodeInput.ProbeFailed(probe.Peer)));
                break;
            case NodeEffect.Instruct { Instruction: ServiceInstruction.StartAnew } anew:
                if (_running[by.Node].Executors.Remove(anew.Service, out var given)) given.Abandon();
                break;
            case NodeEffect.Instruct instruct:
                ExecutorOf(by, instruct.Service).Take(instruct.Instruction);
                break;
            case NodeEffect.RunWorker run: Runs.Add((by.Node, run)); break;
            case NodeEffect.StopWorker stop when !AreDeaf:
                foreach (var (node, run) in Runs.Where(r => r.Node == by.Node && r.Run.Run == stop.Run).ToList())
                    End(node, run, WorkerEnd.Stopped);
                break;
            case NodeEffect.HandedOver: _queue.Enqueue((by, new NodeInput.ClientsDrained())); break;
            case NodeEffect.Stopped: Kill(by.Node.Value); break;
            case NodeEffect.Report report: Reports.Add((by.Node, report.Event)); break;
            case NodeEffect.Answer answer:
                if (!_askedAt.Remove(answer.Number, out var since)) throw new InvalidOperationException("Not asked.");
                if (_now - since > LongestWait) LongestWait = _now - since;
                Replies.Add(answer.Reply);
                break;
        }
    }

    private sealed record Site(Node Node, MemberId Member, DiskId Disk)
    {
        public PeerIdentity Identity => new(Member, Disk, Node.View?.Cluster);

        public Dictionary<ServiceName, ServiceExecutor> Executors { get; } = [];
    }
}
