using System.Collections.Immutable;
using System.Diagnostics;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Membership.Protocol;
using Understudy.Replication;
using Understudy.Replication.Protocol;
using Understudy.Selection;
using Understudy.Selection.Protocol;
using Understudy.Transport;

namespace Understudy.Protocol;

/// <summary>
/// A node (FIG 1, 102-105; FIG 2): steps all its layers, one input at a time. What one layer publishes is the next
/// one's input in the same turn, so nothing comes between them; one turn is the patent's local lock. Pure: the shell
/// and the simulator perform its effects. It decides nothing of its own.
/// </summary>
public sealed partial class Node
{
    private readonly NodeOptions _options;
    private readonly MemberId _self;
    private readonly Mutation _mutations;
    private readonly MembershipMonitor _membership;
    private readonly PrimarySelection _selection;
    private readonly Registry _registry = new();
    private readonly Replica _registryReplica;
    private readonly ReplicaManager _manager;
    private readonly SortedDictionary<ServiceName, HostedService> _services = [];
    private readonly RequestRouter _router;
    private readonly StoredNode _stored;
    private readonly bool _isHost;
    private readonly FlushGate _control = new();
    private readonly FlushGate _data = new();
    private readonly Queue<Message> _toSelf = new();
    private readonly Queue<(Replica Replica, ServiceName Service)> _batched = new();
    private readonly SortedDictionary<long, Action> _currency = [];
    private readonly SortedDictionary<ServiceName, ImmutableArray<JoiningProgress>> _joining = [];
    private List<NodeEffect> _effects = [];
    private TimeSpan _now;
    private long _lastToken;
    private bool _hasEnded;

    public Node(
        NodeOptions options,
        MemberId self,
        StoredNode stored,
        SeededRandom random,
        Mutation mutations = Mutation.None)
    {
        _options = options;
        _self = self;
        _mutations = mutations;
        var policy = new RmAttachmentPolicy(mutations);
        _membership = new MembershipMonitor(
            new MembershipOptions(options.Profile, options.Nodes),
            self,
            ReadMembership(stored),
            policy,
            random.Fork(),
            mutations);
        _registryReplica = new Replica(
            Registry.Name,
            _self,
            isDurable: true,
            new OnceOnlyState(_registry),
            stored.Replicas.GetValueOrDefault(Registry.Name),
            options.Profile,
            mutations);
        _selection = new PrimarySelection(self, stored.Disk, _registryReplica, policy, options.Profile, mutations);
        _manager = new ReplicaManager(
            options.Services,
            _registry,
            _registryReplica,
            options.Profile,
            mutations,
            options.Quarantine,
            awaitsKinds: !options.Kinds.IsEmpty)
        {
            FenceOf = _membership.FenceOf,
            ConfiguredHosts = options.Nodes.Count(n => n.Kind != NodeKind.Witness),
            Self = self,
        };
        _router = new RequestRouter(self, options.Profile, mutations);
        _isHost = options.Nodes.First(n => n.Id == self.Node).Kind != NodeKind.Witness;
        _stored = stored;
        FindCopies();
    }

    /// <summary>The latest view that this node has learned, or null while it is blank.</summary>
    public View? View => _membership.View;

    /// <summary>Whether this incarnation is in that view.</summary>
    public bool IsMember => _membership.IsMember && !_hasEnded;

    /// <summary>Until when this node may act for the cluster, on its own clock.</summary>
    public TimeSpan LeaseUntil => _membership.LeaseUntil;

    /// <summary>The configurations of all services, as last ordered.</summary>
    public ServiceMap Map { get; private set; } = ServiceMap.Empty;

    /// <summary>The latest changes that RMs decided, as this node's copy of the registry has them.</summary>
    public ImmutableArray<HistoryEntry> History => _registry.History;

    /// <summary>Whether this node's RM is the primary.</summary>
    public bool IsManager => _manager.IsActive;

    /// <summary>Whether this node's provider is primary, or runs the service if it is exclusive.</summary>
    public bool IsPrimary(ServiceName service) => _services.TryGetValue(service, out var hosted)
        ? hosted.IsPrimary
        : _workers.TryGetValue(service, out var worker) && worker.IsRunning;

    /// <summary>What this node's provider has acknowledged as primary.</summary>
    public long ReleasedSequence(ServiceName service) => _services[service].Replica.Released;

    /// <summary>The version in which this node's provider is primary, or null.</summary>
    public ConfigurationVersion? VersionLed(ServiceName service) =>
        _services.TryGetValue(service, out var hosted) && hosted.IsPrimary ? hosted.Replica.Version : null;

    /// <summary>The version of a checkpoint that is in the log.</summary>
    public ConfigurationVersion VersionAt(ServiceName service, long sequence) =>
        _services[service].Replica.VersionAt(sequence);

    /// <summary>Whether this node's copy has a checkpoint of this version, or one that is committed.</summary>
    public bool Has(ServiceName service, ConfigurationVersion version, long sequence) =>
        _services[service].Replica.Has(version, sequence);

    /// <summary>
    /// Whether a request that this incarnation took, and has not answered, may have been made or may be yet, and may
    /// not be sent again. Another one has had no effect, or may be repeated: the next incarnation can be asked for it.
    /// </summary>
    /// <param name="number">The shell's name for the request.</param>
    public bool IsUnknown(long number) => _router.IsUnknown(number);

    public long CommittedSequence(ServiceName service) => _services[service].Replica.Committed;

    /// <summary>One turn of the loop.</summary>
    /// <param name="now">This node's monotonic clock, from the start of the incarnation.</param>
    /// <param name="input">What happened.</param>
    /// <param name="effects">What is to be done about it is added here, in order.</param>
    public void Step(TimeSpan now, NodeInput input, List<NodeEffect> effects)
    {
        if (_hasEnded) return;
        Invariant.Holds(now >= _now, "A node's clock does not go back");
        _now = now;
        _effects = effects;
        Take(input);
        Settle();
        if (input is not NodeInput.BatchEnded) return;
        while (_batched.TryDequeue(out var batched) && !_hasEnded)
        {
            if (!IsHosted(batched.Replica, batched.Service)) continue; // It was removed in this batch.
            InReplica(batched.Replica, batched.Service, r => r.EndBatch());
            Settle();
        }
    }

    private bool IsHosted(Replica replica, ServiceName service) => replica == _registryReplica ||
        (_services.TryGetValue(service, out var hosted) && hosted.Replica == replica);

    private void Settle()
    {
        while (_toSelf.TryDequeue(out var message)) Receive(_self, message);
        if (!_hasEnded) Order();
        if (!_hasEnded) ReportDrained();
        if (!_hasEnded) TellBeginnings();
        if (!_hasEnded) WatchWorkers();
        while (_toSelf.TryDequeue(out var message)) Receive(_self, message);
    }

    private void Take(NodeInput input)
    {
        switch (input)
        {
            case NodeInput.Tick: OnTick(); break;
            case NodeInput.BatchEnded: break; // Whatever the input was, its turn ends as every turn does.
            case NodeInput.ChannelUp up:
                _router.OpenChannel(up.Peer.Member);
                StepMembership(new MembershipInput.ChannelUp(up.Peer));
                break;
            case NodeInput.ChannelLost lost:
                _router.LoseChannel(lost.Peer);
                StepMembership(new MembershipInput.ChannelLost(lost.Peer));
                break;
            case NodeInput.ProbeFailed failed: StepMembership(new MembershipInput.ProbeFailed(failed.Peer)); break;
            case NodeInput.Received received: Receive(received.From, received.Message); break;
            case NodeInput.Flushed flushed: OnFlushed(flushed); break;
            case NodeInput.Requested requested: OnRequested(requested); break;
            case NodeInput.CommandGiven given: OnCommandGiven(given); break;
            case NodeInput.RequestAbandoned abandoned: _router.Abandon(abandoned.Number); break;
            case NodeInput.StopRequested: OnStopRequested(); break;
            case NodeInput.ClientsDrained: OnClientsDrained(); break;
            case NodeInput.Reported reported: OnReported(reported); break;
            case NodeInput.WorkerEnded ended: OnWorkerEnded(ended); break;
            default: throw new UnreachableException($"Unknown input {input}.");
        }
    }

    private void OnTick()
    {
        StepMembership(new MembershipInput.Tick(
            _control.Flushed + _data.Flushed, _control.IsWaiting || _data.IsWaiting));
        if (_hasEnded) return;
        StepSelection(SelectionInput.Tick.Instance);
        InReplica(_registryReplica, Registry.Name, r => r.Tick());
        if (View is not null) InManager(view => _manager.Tick(view, _now));
        TickPrimaries();
        WatchProviders();
        _mustWatchWorkers = true;
        TellVoidCopies();
        TellKinds();
        if (_now >= _bringUpAt) BringUp();
        foreach (var expired in _router.Expire(_now)) AnswerUnavailable(expired);
        _router.Manager = _selection.Outcome?.Winner;
        foreach (var (to, request) in _router.Due(Map, _now)) SendRequest(to, request);
        ContinueStopping();
    }

    private void Receive(MemberId from, Message message)
    {
        switch (message)
        {
            case MembershipMessage membership:
                StepMembership(new MembershipInput.Received(from, membership));
                break;
            case SelectionMessage selection:
                StepSelection(new SelectionInput.Received(from, selection));
                break;
            case ReplicationMessage replication:
                // A node that is in no view plays no part in any configuration.
                if (IsMember) OnReplication(from, replication);
                break;
            default:
                throw new UnreachableException($"Unknown message {message}.");
        }
    }

    private void OnFlushed(NodeInput.Flushed flushed)
    {
        var gate = flushed.File == StoreFile.Control ? _control : _data;
        foreach (var (to, message) in gate.Release(flushed.Ticket)) Send(to, message);
    }

    private void Send(MemberId to, Message message)
    {
        if (to == _self) _toSelf.Enqueue(message);
        else _effects.Add(new NodeEffect.Send(to, message));
    }

    private void SendAfterFlush(FlushGate gate, MemberId to, Message message)
    {
        if (!gate.TryHold(to, message)) Send(to, message);
    }

    private void Write(StoreFile file, ImmutableArray<StoreWrite> writes)
    {
        var gate = file == StoreFile.Control ? _control : _data;
        _effects.Add(new NodeEffect.Write(file, gate.Issue(), writes));
    }

    private void Report(NodeEvent happened) => _effects.Add(new NodeEffect.Report(happened));

    private void AskCurrency(long version, Action confirmed)
    {
        var token = ++_lastToken;
        while (_currency.Count >= MaxCurrencyQuestions) _currency.Remove(_currency.Keys.First());
        _currency[token] = confirmed;
        StepMembership(new MembershipInput.CurrencyWanted(token, version));
    }

    /// <summary>This node gets a replica of the service, which stands by until it is ordered otherwise.</summary>
    private HostedService? Host(ServiceDefinition definition)
    {
        if (!_isHost) return null;
        if (!_services.TryGetValue(definition.Name, out var hosted))
        {
            _services[definition.Name] = hosted = MakeHosted(definition);
            hosted.Replica.MayTransfer = false; // Until it is its turn.
            FindVoidCopy(hosted);
        }

        var isChanged = hosted.Definition.MinInSync != definition.MinInSync;
        hosted.Definition = definition; // An operator may have changed it.
        hosted.Replica.KeepKeysFor = definition.KeepKeysFor;
        if (isChanged) InReplica(hosted.Replica, definition.Name, r => r.Require(definition.MinInSync));
        return hosted;
    }

    private static StoredMembership ReadMembership(StoredNode stored) => new(
        stored.Disk,
        stored.Records.TryGetValue(StoredMembership.ViewKey, out var view)
            ? MembershipCodec.DecodeView(view.Span)
            : null,
        stored.Records.TryGetValue(StoredMembership.AcceptorKey, out var record)
            ? MembershipCodec.DecodeAcceptor(record.Span)
            : null);

    private const int MaxCurrencyQuestions = 256;
}
