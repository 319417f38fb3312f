using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Clients;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>All checkers of one run.</summary>
internal sealed class CheckerSet
{
    private readonly SimulatedCluster _cluster;
    private readonly Activations _activations = new();
    private readonly Checker[] _checkers;
    private readonly Linearizability _linearizability;
    private readonly LossBound _lossBound;
    private readonly Checker[] _ofIntakes;
    private readonly ServiceMap?[] _maps;
    private readonly Checker? _watch;

    /// <param name="cluster">The cluster.</param>
    /// <param name="watch">Null; or, for a run of very many services that looks at something else, what does.</param>
    public CheckerSet(SimulatedCluster cluster, Checker? watch)
    {
        (_cluster, _watch) = (cluster, watch);
        _maps = new ServiceMap?[cluster.Scenario.Cluster.Nodes.Length];
        Losses = new LostServices(cluster, _activations);
        _linearizability = new Linearizability(_activations, Losses);
        _lossBound = new LossBound(cluster, _activations);
        _ofIntakes =
        [
            new ForwardedToPrimary(),
            new ForwardedWithinLease(),
            new ForwardedInOrder(),
            new NoneForgotten(),
            new SentOnce(),
            new CutInTime(),
            new CutForReason(),
            new CutBeforeFence(cluster, _activations),
        ];
        _checkers = watch is not null ? [new OneView(), new NoReturn(), new OnePrimary(), new NoOldOrder(), watch] :
        [
            new OneView(),
            new NoReturn(),
            new OnePrimary(),
            new StayPut(cluster, _activations),
            new Together(),
            new NoOldOrder(),
            new OneMap(),
            new FreshestWins(cluster, _activations),
            new NothingLost(_activations, Losses),
            new NoLateAct(cluster, _activations),
            new LoneAct(cluster, _activations),
            new MarkedBeforeInSync(cluster, _activations),
            new EnoughInSync(cluster, _activations),
            new NotMade(),
            new OnceOnly(_activations, Losses),
            new NoGoingBack(),
            new AppliedOnce(),
            new LeaseFence(cluster),
            new OneWorker(cluster),
            new AuditFinds(cluster),
            .. _ofIntakes,
            _lossBound,
            _linearizability,
        ];
    }

    public LostServices Losses { get; }

    /// <summary>The latest configuration of a service that any node has adopted, or null.</summary>
    public Configuration? Latest(Kernel.ServiceName service) => _activations.Latest(service);

    /// <summary>The lineage that answers in a version.</summary>
    public Lineage LineageOf(ServiceName service, ConfigurationVersion version) =>
        _activations.LineageOf(service, version);

    /// <summary>How many histories of a key were judged, and reigns of periodic services.</summary>
    public int HistoriesChecked => _linearizability.HistoriesChecked + _lossBound.ReignsWatched;

    /// <summary>Whether nothing that clients asked can be judged.</summary>
    public bool IsNothingPromised => _linearizability.IsNothingPromised && _lossBound.ReignsWatched == 0;

    public void OnStarted(SimulatedNode node)
    {
        foreach (var checker in _checkers) checker.OnStarted(node);
    }

    public void OnStopping(SimulatedNode node)
    {
        foreach (var checker in _checkers) checker.OnStopping(node);
    }

    public void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        if (_watch is null) _activations.OnEvent(node, happening, _cluster.Now);
        foreach (var checker in _checkers) checker.OnEvent(node, happening);
        if (_watch is null && happening is NodeEvent.Configured) Losses.Update();
    }

    public void OnApplying(SimulatedNode node, SimulatedProvider provider, long number)
    {
        foreach (var checker in _checkers) checker.OnApplying(node, provider, number);
    }

    public void OnWorkerStarted(SimulatedNode node, SimulatedRun run)
    {
        foreach (var checker in _checkers) checker.OnWorkerStarted(node, run);
    }

    public void OnWorkerEnded(SimulatedNode node, SimulatedRun run)
    {
        foreach (var checker in _checkers) checker.OnWorkerEnded(node, run);
    }

    public void OnPassage(SimulatedForwarder forwarder, Passage passage)
    {
        foreach (var checker in _ofIntakes) checker.OnPassage(forwarder, passage);
    }

    public void OnTakenBack(SimulatedForwarder forwarder, Passage passage)
    {
        foreach (var checker in _ofIntakes) checker.OnTakenBack(forwarder, passage);
    }

    public void OnForwarder(SimulatedForwarder forwarder)
    {
        foreach (var checker in _ofIntakes) checker.OnForwarder(forwarder);
    }

    public void OnOpenAnswers(SimulatedAnswers answers)
    {
        foreach (var checker in _ofIntakes) checker.OnOpenAnswers(answers);
    }

    public void OnAnswerCut(SimulatedAnswer answer)
    {
        foreach (var checker in _ofIntakes) checker.OnAnswerCut(answer);
    }

    /// <summary>A node has taken a turn.</summary>
    public void OnStepped(SimulatedNode node)
    {
        _lossBound.OnStepped(node);
        if (node.Core?.Map is not { } map || ReferenceEquals(map, _maps[node.Index])) return;
        _maps[node.Index] = map;
        OnMap(node, map);
    }

    public void OnMap(SimulatedNode node, ServiceMap map)
    {
        if (_watch is null)
        {
            _activations.OnMap(map, _cluster.Now);
            Losses.Update();
        }

        foreach (var checker in _checkers) checker.OnMap(node, map);
    }

    public void OnAnswer(SimulatedNode gateway, Attempt attempt, Reply reply)
    {
        foreach (var checker in _checkers) checker.OnAnswer(gateway, attempt, reply);
    }

    public void OnHeard(int client, string service, long version)
    {
        foreach (var checker in _checkers) checker.OnHeard(client, service, version);
    }

    public void OnEnd(IReadOnlyList<ClientOperation> history)
    {
        foreach (var checker in _checkers) checker.OnEnd(history);
    }
}
