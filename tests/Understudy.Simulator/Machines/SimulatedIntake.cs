using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;

namespace Understudy.Simulator.Machines;

/// <summary>
/// What takes what clients want of one service beside the node's loop, in one simulated process: a real core, told
/// what the real shell tells it and when. Nothing of it moves while the process stands still.
/// </summary>
/// <param name="cluster">The cluster.</param>
/// <param name="node">The node whose process it is in.</param>
/// <param name="meanPause">The mean time between two clients, in ticks.</param>
/// <param name="acts">Happens when it is to do something.</param>
/// <param name="random">Chance of its own.</param>
internal abstract class SimulatedIntake(
    SimulatedCluster cluster, SimulatedNode node, long meanPause, EventKind acts, SeededRandom random)
{
    /// <summary>A timer is not later than this, and what waited while the process stood still begins before.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(5);

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
        Asked,
    }

    /// <summary>The service that clients want something of.</summary>
    public static ServiceName Service => ScenarioDraw.FirstService;

    public SimulatedNode Node => node;

    /// <summary>The node's own clock, which counts on over its incarnations.</summary>
    public TimeSpan Own => new(node.Clock.Read(cluster.Now));

    /// <summary>The end of the node's view lease that the core was told of, on that clock.</summary>
    public TimeSpan LeaseUntil { get; private set; }

    /// <summary>Who is primary by the newest map that the node has.</summary>
    public MemberId? Primary =>
        node.Core is { IsMember: true } core && core.Map.Find(Service)?.Configuration.Primary is { } primary
            && core.View!.Contains(primary) ? primary : null;

    /// <summary>Whether the node takes nothing more, as it stops.</summary>
    public bool IsStopping { get; private set; }

    protected SimulatedCluster Cluster => cluster;

    protected SeededRandom Random => random;

    /// <summary>When the core wants a tick.</summary>
    protected abstract TimeSpan? NextAt { get; }

    /// <summary>
    /// Whether what should have been done so long ago may be undone yet: timers are late, and the process stood still.
    /// </summary>
    public bool IsExcused(TimeSpan over) =>
        over > TimeSpan.Zero && (over < Patience || cluster.Now - node.AwakeSince < Patience.Ticks);

    /// <summary>Why nothing may go on here: the node has no lease, or no incarnation. Null if it may.</summary>
    public string? WhyWithoutLease()
    {
        if (node.Core is not { } core) return "it is between two incarnations";
        var over = node.OwnNow - core.LeaseUntil;
        return over <= TimeSpan.Zero || IsExcused(over) ? null : $"its lease ended {over} ago";
    }

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
            Note(core, view);
            Tell(core.Status(node.OwnNow));
        }

        Check();
    }

    /// <summary>
    /// A node that is asked to stop has handed over: what there is comes to its end as the real shell has it.
    /// </summary>
    public virtual void Stop() => IsStopping = true;

    /// <summary>The incarnation has ended, the process has not.</summary>
    public void EndIncarnation()
    {
        (_map, _view) = (null, null);
        Tell(null);
        Check();
    }

    /// <summary>The process is gone, and the kernel ends what it had open.</summary>
    public void EndProcess()
    {
        _process++;
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

        Check();
    }

    /// <summary>Nothing is left of what the process had, and its next one has a new core.</summary>
    protected abstract void BeginAnew();

    /// <summary>A client comes: makes what it wants, and tells the core of it.</summary>
    protected abstract void Take(long number);

    /// <summary>Tells the core what the node has learned.</summary>
    protected abstract void Learn(BackendRoute route);

    /// <summary>Tells the core that time has passed.</summary>
    protected abstract void Tick();

    /// <summary>Something happens that is not common to all.</summary>
    protected abstract void On(Moment moment, object? payload);

    /// <summary>The checkers look at it.</summary>
    protected abstract void Check();

    /// <summary>The core is about to hear of what is new in the node.</summary>
    protected virtual void Note(Node core, View? view)
    {
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

    /// <summary>It happens in this process, if that is still there then.</summary>
    protected void Schedule(Moment moment, long delay, object? payload) => cluster.Schedule(
        delay, new SimulationEvent(acts, node.Index, (int)moment, _process, payload));

    private void Start()
    {
        _isRunning = true;
        Schedule(Moment.Arrive, Draw(meanPause), null);
    }

    private void OnArrive()
    {
        if (IsStopping || cluster.IsCalm) return;
        Take(++_last);
        Schedule(Moment.Arrive, Draw(meanPause), null);
    }

    private void OnTick(long due)
    {
        if (due != _tickDue) return;
        _tickDue = null;
        Tick();
    }

    /// <summary>What the node has published; null if its incarnation has ended.</summary>
    private void Tell(NodeStatus? status)
    {
        var route = BackendRoute.Of(Service, status, Own - node.OwnNow, cluster.Mutations);
        LeaseUntil = route.Until;
        Learn(route);
    }
}
