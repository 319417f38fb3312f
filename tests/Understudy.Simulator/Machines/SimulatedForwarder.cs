using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;

namespace Understudy.Simulator.Machines;

/// <summary>
/// What takes what clients want of one service's program in one simulated process: the real core, told what the real
/// shell tells it and when. Nothing of it moves while the process stands still.
/// </summary>
internal abstract class SimulatedForwarder(
    SimulatedCluster cluster, SimulatedNode node, ForwardingScenario scenario, SeededRandom random)
{
    /// <summary>A timer is not later than this, and what waited while the process stood still begins before.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(5);

    private readonly SortedList<long, Passage> _passages = [];
    private ServiceMap? _map;
    private View? _view;
    private TimeSpan _publishDue;
    private long _process;
    private long _last;
    private long? _tickDue;
    private bool _isRunning;

    protected enum Moment
    {
        Arrive,
        Tick,
        Connected,
        ConnectFailed,
        End,
        Answer,
        Break,
        CutHeard,
        ClientLeaves,
        StopOverdue,
    }

    /// <summary>What forwards for this service.</summary>
    public static ServiceName Service => ScenarioDraw.FirstService;

    public SimulatedNode Node => node;

    /// <summary>How long one may wait.</summary>
    public TimeSpan Hold => scenario.Bounds.Hold;

    /// <summary>The node's own clock, which counts on over its incarnations.</summary>
    public TimeSpan Own => new(node.Clock.Read(cluster.Now));

    /// <summary>The end of the node's view lease that the core was told of, on that clock.</summary>
    public TimeSpan LeaseUntil { get; private set; }

    public bool IsStopping { get; private set; }

    /// <summary>All that have not come to their end, in the order in which they came.</summary>
    public IReadOnlyDictionary<long, Passage> Passages => _passages;

    /// <summary>How many the core says are at a backend, and how many wait.</summary>
    public abstract (int AtBackends, int Waiting) Counts { get; }

    /// <summary>Whose backend they belong to by the newest map that the node has.</summary>
    public MemberId? Primary =>
        node.Core is { IsMember: true } core && core.Map.Find(Service)?.Configuration.Primary is { } primary
            && core.View!.Contains(primary) ? primary : null;

    protected SimulatedCluster Cluster => cluster;

    protected ForwardingScenario Scenario => scenario;

    protected SeededRandom Random => random;

    /// <summary>When the core wants a tick.</summary>
    protected abstract TimeSpan? NextAt { get; }

    /// <summary>
    /// Whether what should have been done so long ago may be undone yet: timers are late, and the process stood still.
    /// </summary>
    public bool IsExcused(TimeSpan over) =>
        over > TimeSpan.Zero && (over < Patience || cluster.Now - node.AwakeSince < Patience.Ticks);

    /// <summary>
    /// A turn of the node is over: what is new in it is told at once, and how long its lease lasts now and then.
    /// </summary>
    public void OnStepped()
    {
        if (node.Core is not { } core) return;
        if (!_isRunning) Start();
        var view = core.IsMember ? core.View : null;
        if (!ReferenceEquals(core.Map, _map) || !ReferenceEquals(view, _view) || Own >= _publishDue)
        {
            (_map, _view) = (core.Map, view);
            _publishDue = Own + cluster.Scenario.Cluster.Profile.Heartbeat;
            NoteMoved(core);
            Tell(BackendRoute.Of(Service, core.Status(node.OwnNow), Own - node.OwnNow));
        }

        cluster.Checkers.OnForwarder(this);
    }

    public void Stop()
    {
        IsStopping = true;
        OnStop();
    }

    /// <summary>The incarnation has ended, the process has not.</summary>
    public void EndIncarnation()
    {
        (_map, _view) = (null, null);
        Tell(BackendRoute.None);
        cluster.Checkers.OnForwarder(this);
    }

    /// <summary>The process is gone, and the kernel ends what it had open.</summary>
    public void EndProcess()
    {
        _process++;
        _passages.Clear();
        BeginAnew();
        (_map, _view, _tickDue, _isRunning, IsStopping) = (null, null, null, false, false);
        _publishDue = default;
    }

    public void OnMoment(int moment, long process, object? payload)
    {
        if (process != _process) return;
        if (node.IsPaused)
        {
            Schedule((Moment)moment, TimeSpan.TicksPerMillisecond, payload);
            return;
        }

        switch ((Moment)moment)
        {
            case Moment.Arrive: OnArrive(); break;
            case Moment.Tick: OnTick((long)payload!); break;
            default: On((Moment)moment, payload); break;
        }

        cluster.Checkers.OnForwarder(this);
    }

    /// <summary>Makes the core of a new process.</summary>
    protected abstract void BeginAnew();

    /// <summary>A client comes: makes what it wants, and tells the core of it.</summary>
    protected abstract void Take(long number);

    /// <summary>Tells the core what the node has learned.</summary>
    protected abstract void Learn(BackendRoute route);

    /// <summary>Tells the core that time has passed.</summary>
    protected abstract void Tick();

    /// <summary>The node takes no more, and those that there are end as the real shell has them end.</summary>
    protected abstract void OnStop();

    /// <summary>Something happens that is not common to all.</summary>
    protected abstract void On(Moment moment, object? payload);

    protected void Add(Passage passage) => _passages.Add(passage.Number, passage);

    protected bool Remove(Passage passage) => _passages.Remove(passage.Number);

    protected bool IsHere(Passage passage) => _passages.GetValueOrDefault(passage.Number) == passage;

    /// <summary>It is to go to the backend on a node.</summary>
    protected void Connect(Passage passage, NodeId target, long attempt)
    {
        passage.Connect(target, Primary, attempt);
        cluster.Checkers.OnPassage(this, passage);
    }

    /// <summary>It has come further.</summary>
    protected void GoOn(Passage passage, PassageState state)
    {
        passage.GoOn(state);
        cluster.Checkers.OnPassage(this, passage);
    }

    /// <summary>Whether bytes from here to there, or back, are lost now.</summary>
    protected bool IsCutOff(NodeId target)
    {
        var index = cluster.IndexOf(target);
        return index != node.Index
            && (cluster.Network.IsCut(node.Index, index) || cluster.Network.IsCut(index, node.Index));
    }

    /// <summary>The core has been stepped: it may want to be told the time.</summary>
    protected void ScheduleTick()
    {
        if (NextAt is not { } next) return;
        // A timer is late, and a clock does not come to a time exactly.
        var lateness = TimeSpan.TicksPerMillisecond / 20 + Math.Min(Draw(TimeSpan.TicksPerMillisecond / 2), 20_000);
        var due = cluster.Now + lateness + Math.Max(0, node.Clock.TrueDuration(next - Own));
        if (_tickDue is { } pending && pending <= due) return;
        _tickDue = due;
        Schedule(Moment.Tick, due - cluster.Now, due);
    }

    protected long Draw(long mean) => random.Exponential(new TimeSpan(mean)).Ticks;

    protected void Schedule(Moment moment, long delay, object? payload) => cluster.Schedule(
        delay, new SimulationEvent(EventKind.ForwarderActs, node.Index, (int)moment, _process, payload));

    private void Start()
    {
        _isRunning = true;
        Schedule(Moment.Arrive, Draw(scenario.MeanPause), null);
    }

    private void OnArrive()
    {
        if (IsStopping || cluster.IsCalm) return;
        Take(++_last);
        Schedule(Moment.Arrive, Draw(scenario.MeanPause), null);
    }

    private void OnTick(long due)
    {
        if (due != _tickDue) return;
        _tickDue = null;
        Tick();
    }

    private void Tell(BackendRoute route)
    {
        LeaseUntil = route.Until;
        Learn(route);
    }

    private void NoteMoved(Node core)
    {
        var (primary, isPlanned) = (Primary, core.Map.Find(Service) is { Configuration.IsPlanned: true });
        foreach (var passage in _passages.Values)
        {
            if (!passage.IsOpen) continue;
            var isMember = passage.Backend is { } backend && _view?.Contains(backend) == true;
            var grant = isPlanned && isMember ? scenario.Bounds.Drain : TimeSpan.Zero;
            if (passage.Backend == primary) passage.Moved = null;
            else if (passage.Moved is null || (!isMember && passage.Moved.Value.For > grant)) passage.Moved = (Own, grant);
        }
    }
}
