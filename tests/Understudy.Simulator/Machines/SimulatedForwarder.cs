using System.Diagnostics;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Faults;

namespace Understudy.Simulator.Machines;

/// <summary>
/// What takes one service's TCP connections in one simulated process: the real core, told what the real shell tells it
/// and when. Nothing of it moves while the process stands still.
/// </summary>
internal sealed class SimulatedForwarder
{
    private readonly SimulatedCluster _cluster;
    private readonly SimulatedNode _node;
    private readonly ConnectionScenario _scenario;
    private readonly SeededRandom _random;
    private readonly List<TcpEffect> _effects = [];
    private readonly SortedDictionary<long, SimulatedConnection> _connections = [];
    private TcpForwarding _core;
    private ServiceMap? _map;
    private View? _view;
    private TimeSpan _publishDue;
    private long _process;
    private long _last;
    private long? _tickDue;
    private bool _isRunning;
    private bool _isStopping;

    public SimulatedForwarder(
        SimulatedCluster cluster, SimulatedNode node, ConnectionScenario scenario, SeededRandom random)
    {
        (_cluster, _node, _scenario, _random) = (cluster, node, scenario, random);
        _core = new TcpForwarding(scenario.Bounds, cluster.Mutations);
    }

    /// <summary>A timer is not later than this, and what waited while the process stood still begins before.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(5);

    private enum Moment
    {
        Arrive,
        Tick,
        Connected,
        ConnectFailed,
        End,
    }

    /// <summary>What forwards for this service.</summary>
    public static ServiceName Service => ScenarioDraw.FirstService;

    public SimulatedNode Node => _node;

    public TcpBounds Bounds => _scenario.Bounds;

    /// <summary>The node's own clock, which counts on over its incarnations.</summary>
    public TimeSpan Own => new(_node.Clock.Read(_cluster.Now));

    /// <summary>Every connection that has not come to its end, in the order in which they came.</summary>
    public IReadOnlyDictionary<long, SimulatedConnection> Connections => _connections;

    /// <summary>How many the core says are spliced, and how many wait.</summary>
    public (int Spliced, int Waiting) Counts => (_core.OpenCount, _core.HeldCount);

    /// <summary>Whose backend they belong to by the newest map that the node has.</summary>
    public MemberId? Primary =>
        _node.Core is { IsMember: true } core && core.Map.Find(Service)?.Configuration.Primary is { } primary
            && core.View!.Contains(primary) ? primary : null;

    /// <summary>
    /// Whether what should have been done so long ago may be undone yet: timers are late, and the process stood still.
    /// </summary>
    public bool IsExcused(TimeSpan over) =>
        over > TimeSpan.Zero && (over < Patience || _cluster.Now - _node.AwakeSince < Patience.Ticks);

    /// <summary>
    /// A turn of the node is over: what is new in it is told at once, and how long its lease lasts now and then.
    /// </summary>
    public void OnStepped()
    {
        if (_node.Core is not { } core) return;
        if (!_isRunning) Start();
        var view = core.IsMember ? core.View : null;
        if (!ReferenceEquals(core.Map, _map) || !ReferenceEquals(view, _view) || Own >= _publishDue)
        {
            (_map, _view) = (core.Map, view);
            _publishDue = Own + _cluster.Scenario.Cluster.Profile.Heartbeat;
            var began = Own - _node.OwnNow;
            var route = BackendRoute.Of(Service, core.Status(_node.OwnNow), began + core.LeaseUntil);
            NoteMoved(core);
            Step(new TcpInput.Learned(route));
        }

        _cluster.Checkers.OnForwarder(this);
    }

    public void Stop()
    {
        _isStopping = true;
        Step(new TcpInput.StopRequested());
    }

    /// <summary>The incarnation has ended, the process has not.</summary>
    public void EndIncarnation()
    {
        (_map, _view) = (null, null);
        Step(new TcpInput.Learned(BackendRoute.None));
        _cluster.Checkers.OnForwarder(this);
    }

    /// <summary>The process is gone, and the kernel ends what it had open.</summary>
    public void EndProcess()
    {
        _process++;
        _connections.Clear();
        _core = new TcpForwarding(Bounds, _cluster.Mutations);
        (_map, _view, _tickDue, _isRunning, _isStopping) = (null, null, null, false, false);
        _publishDue = default;
    }

    public void OnMoment(int moment, long process, object? payload)
    {
        if (process != _process) return;
        if (_node.IsPaused)
        {
            Schedule((Moment)moment, TimeSpan.TicksPerMillisecond, payload);
            return;
        }

        switch ((Moment)moment)
        {
            case Moment.Arrive: OnArrive(); break;
            case Moment.Tick: OnTick((long)payload!); break;
            case Moment.Connected or Moment.ConnectFailed: Step((TcpInput)payload!); break;
            case Moment.End: OnEnd((SimulatedConnection)payload!); break;
            default: throw new UnreachableException($"Unknown moment {moment}.");
        }

        _cluster.Checkers.OnForwarder(this);
    }

    private void Start()
    {
        _isRunning = true;
        Schedule(Moment.Arrive, Draw(_scenario.MeanPause), null);
    }

    private void OnArrive()
    {
        if (_isStopping || _cluster.IsCalm) return;
        _connections.Add(++_last, new SimulatedConnection(_last, Own));
        Step(new TcpInput.Accepted(_last));
        Schedule(Moment.Arrive, Draw(_scenario.MeanPause), null);
    }

    private void OnTick(long due)
    {
        if (due != _tickDue) return;
        _tickDue = null;
        Step(TcpInput.Tick.Instance);
    }

    private void OnEnd(SimulatedConnection connection)
    {
        // One that was closed meanwhile may say so all the same.
        if (!_connections.Remove(connection.Number) && _random.Chance(0.5)) return;
        Step(new TcpInput.Ended(connection.Number));
    }

    private void Step(TcpInput input)
    {
        _effects.Clear();
        _core.Step(Own, input, _effects);
        foreach (var effect in _effects) Perform(effect);
        if (input is TcpInput.ConnectFailed failed) HoldAgain(failed);
        ScheduleTick();
    }

    private void Perform(TcpEffect effect)
    {
        switch (effect)
        {
            case TcpEffect.Connect connect:
                var waiting = _connections[connect.Connection];
                (waiting.State, waiting.Target) = (ConnectionState.Connecting, connect.Node);
                waiting.Attempt = connect.Attempt;
                _cluster.Checkers.OnConnection(this, waiting);
                Connect(connect);
                break;
            case TcpEffect.Splice splice:
                var connection = _connections[splice.Connection];
                connection.State = ConnectionState.Spliced;
                _cluster.Checkers.OnConnection(this, connection);
                connection.Backend = Primary!.Value;
                Schedule(Moment.End, Draw(_scenario.MeanLife), connection);
                break;
            case TcpEffect.Close close:
                _connections.Remove(close.Connection, out var closed);
                _cluster.Faults.Count(closed!.State == ConnectionState.Spliced
                    ? FaultKind.ConnectionReset
                    : FaultKind.ConnectionRefused);
                break;
            default: throw new UnreachableException($"Unknown effect {effect}.");
        }
    }

    private void Connect(TcpEffect.Connect connect)
    {
        var target = _cluster.IndexOf(connect.Node);
        var isCut = target != _node.Index
            && (_cluster.Network.IsCut(_node.Index, target) || _cluster.Network.IsCut(target, _node.Index));
        if (isCut && _random.Chance(0.5)) return; // It waits for an answer that does not come.
        var isRefused = isCut || (!_cluster.IsCalm && _random.Chance(_scenario.Refuse));
        var (moment, said) = isRefused
            ? (Moment.ConnectFailed, (TcpInput)new TcpInput.ConnectFailed(connect.Connection, connect.Attempt))
            : (Moment.Connected, new TcpInput.Connected(connect.Connection, connect.Attempt));
        Schedule(moment, Draw(_scenario.MeanConnect), said);
    }

    /// <summary>What is said of an attempt that another one has replaced means nothing.</summary>
    private void HoldAgain(TcpInput.ConnectFailed failed)
    {
        if (_connections.TryGetValue(failed.Connection, out var connection)
            && connection.State == ConnectionState.Connecting && connection.Attempt == failed.Attempt)
        {
            connection.State = ConnectionState.Held;
        }
    }

    private void NoteMoved(Node core)
    {
        var isPlanned = core.Map.Find(Service) is { Configuration.IsPlanned: true };
        foreach (var connection in _connections.Values)
        {
            if (connection.State != ConnectionState.Spliced || connection.Backend == Primary) continue;
            var mayDrain = isPlanned && _view?.Contains(connection.Backend) == true;
            connection.Moved ??= (Own, mayDrain ? Bounds.Drain : TimeSpan.Zero);
        }
    }

    private void ScheduleTick()
    {
        if (_core.NextAt is not { } next) return;
        // A timer is late, and a clock does not come to a time exactly.
        var lateness = TimeSpan.TicksPerMillisecond / 20 + Math.Min(Draw(TimeSpan.TicksPerMillisecond / 2), 20_000);
        var due = _cluster.Now + lateness + Math.Max(0, _node.Clock.TrueDuration(next - Own));
        if (_tickDue is { } pending && pending <= due) return;
        _tickDue = due;
        Schedule(Moment.Tick, due - _cluster.Now, due);
    }

    private long Draw(long mean) => _random.Exponential(new TimeSpan(mean)).Ticks;

    private void Schedule(Moment moment, long delay, object? payload) => _cluster.Schedule(
        delay, new SimulationEvent(EventKind.ConnectionActs, _node.Index, (int)moment, _process, payload));
}
