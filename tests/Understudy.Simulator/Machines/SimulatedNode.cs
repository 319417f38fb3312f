using System.Diagnostics;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Faults;
using Understudy.Testing.Machines;
using Understudy.Transport;

namespace Understudy.Simulator.Machines;

/// <summary>
/// One machine with one node: steps the real core and performs its effects as the real shell does, on a simulated
/// network, disk and clock. It can crash, lose power, stand still and start again.
/// </summary>
internal sealed class SimulatedNode(
    SimulatedCluster cluster, int index, NodeOption option, SeededRandom random, SeededRandom workerRandom)
{
    private readonly List<NodeEffect> _effects = [];
    private readonly List<NodeInput> _waiting = [];
    private readonly MemoryDisk _disk = new(new DiskId(random.NextId()));
    private readonly SortedDictionary<ServiceName, SimulatedProvider> _providers = [];
    private readonly SeededRandom _batching = random.Fork();
    private readonly string _name = option.Id.Value;
    private SimulatedWorkers? _workers;
    private long _ownAtStart;
    private int _flushGeneration;
    private long _pauseNumber;
    private bool _isEnding;
    private bool _isDrainDue;

    public int Index => index;

    public NodeOption Option => option;

    public DiskId Disk => _disk.Id;

    public SimulatedClock Clock { get; } = SimulatedClock.Draw(random, cluster.Scenario.ClockError);

    /// <summary>
    /// The core of the present incarnation, or null while the process is down or between two of them.
    /// </summary>
    public Node? Core { get; private set; }

    public MemberId Member { get; private set; }

    /// <summary>The cluster that the node says it belongs to when a channel opens.</summary>
    public ClusterId? Cluster { get; private set; }

    /// <summary>
    /// Counts starts and ends, so that what was meant for an earlier incarnation is not given to a later one.
    /// </summary>
    public long Life { get; private set; }

    public bool IsPaused { get; private set; }

    /// <summary>When it last went on after it had stood still, in true time.</summary>
    public long AwakeSince { get; private set; }

    /// <summary>True once the node was asked to stop in order.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>How often its services may still throw.</summary>
    public int ThrowsLeft { get; set; } = 4;

    public long SlowDiskUntil { get; set; }

    public long StallNextFlushFor { get; set; }

    /// <summary>The workers in the node's process.</summary>
    public SimulatedWorkers Workers => _workers ??= new SimulatedWorkers(cluster, this, workerRandom);

    /// <summary>Whether its process runs, be it between two incarnations.</summary>
    public bool IsProcessUp => Core is not null || _isEnding;

    /// <summary>Whether its machine runs: it refuses what no process takes.</summary>
    public bool HasPower { get; private set; } = true;

    /// <summary>True if it can shake hands now.</summary>
    public bool IsAwake => Core is not null && !IsPaused;

    public PeerIdentity Identity => new(Member, _disk.Id, Cluster);

    public TimeSpan OwnNow => new(Clock.Read(cluster.Now) - _ownAtStart);

    public void StartAfter(long delay) =>
        cluster.Schedule(delay, new SimulationEvent(EventKind.Start, index, Number: Life));

    public void OnStart(long life)
    {
        if (life != Life || Core is not null) return;
        // An incarnation that has ended is followed by the next only when all it wrote is durable.
        if (_isEnding && !_disk.IsIdle) return;

        Life++;
        _isEnding = false;
        HasPower = true;
        IsStopping = false;
        _isDrainDue = false;
        _ownAtStart = Clock.Read(cluster.Now);
        Member = new MemberId(option.Id, new Incarnation(++_disk.BootCounter, random.Next()));
        Core = new Node(cluster.Scenario.OptionsOf(option.Id), Member, _disk.Read(), random.Fork(), cluster.Mutations);
        Cluster = Core.View?.Cluster;
        cluster.Note(_name, $"started as {Member}");
        cluster.Checkers.OnStarted(this);
        ScheduleTick((long)(random.Unit() * cluster.Scenario.Cluster.Profile.Tick.Ticks));
        cluster.Network.OnProcessStarted(index);
        cluster.Http.OnIncarnationBegun(this);
    }

    public void OnTick(long life)
    {
        if (life != Life || Core is null || IsPaused) return;

        ScheduleTick(Clock.TrueDuration(cluster.Scenario.Cluster.Profile.Tick));
        Step(NodeInput.Tick.Instance);
        if (life != Life || !_isDrainDue || !cluster.Intakes.HaveDrained(this)) return;

        // Its clients may have asked until now; the node itself waits for what it holds.
        _isDrainDue = false;
        cluster.Intakes.BreakOff(this);
        Step(new NodeInput.ClientsDrained());
    }

    /// <summary>Gives the node an input, at once or when it is no longer paused; nothing if it is down.</summary>
    public void Post(NodeInput input)
    {
        if (Core is null) return;
        if (IsPaused) _waiting.Add(input);
        else Step(input);
    }

    /// <summary>The process dies, and what its disk had not flushed may be lost.</summary>
    /// <param name="hasPower">False if the machine dies with it, so that nothing tells its peers.</param>
    public void Kill(bool hasPower)
    {
        if (Core is null && !_isEnding) return;

        EndProcess(hasPower);
        var (lost, torn) = _disk.Crash(random);
        if (lost > 0) cluster.Faults.Count(FaultKind.WritesLost);
        if (torn) cluster.Faults.Count(FaultKind.WritesTorn);
        cluster.Note(_name, $"killed; {lost} writes lost");
    }

    /// <summary>The process ends by its own doing or the kernel's, and is started again.</summary>
    public void Die(string why)
    {
        cluster.Note(_name, $"dies: {why}");
        Kill(hasPower: true);
        StartAfter(DrawDowntime());
    }

    public bool TryPause(long duration, bool withClock)
    {
        if (!IsAwake) return false;

        IsPaused = true;
        if (withClock) Clock.Stop(cluster.Now);
        cluster.Note(_name, withClock ? "stands still, and its clock" : "stands still");
        cluster.Schedule(duration, new SimulationEvent(EventKind.Resume, index, Number: ++_pauseNumber));
        return true;
    }

    public void OnResume(long pauseNumber)
    {
        if (!IsPaused || pauseNumber != _pauseNumber) return;

        cluster.Note(_name, "goes on");
        EndPause();
        StartFlush(StoreFile.Control);
        StartFlush(StoreFile.Data);
        ScheduleTick(Clock.TrueDuration(cluster.Scenario.Cluster.Profile.Tick));
        var tickPosition = random.Chance(0.5) ? 0 : _waiting.Count;
        NodeInput[] inputs = [.. _waiting[..tickPosition], NodeInput.Tick.Instance, .. _waiting[tickPosition..]];
        _waiting.Clear();
        var life = Life;
        foreach (var input in inputs)
        {
            if (life == Life) Step(input);
        }
    }

    public void Resume() => OnResume(_pauseNumber);

    public bool TryStopInOrder(long limit)
    {
        if (!IsAwake || IsStopping) return false;

        IsStopping = true;
        cluster.Checkers.OnStopping(this);
        cluster.Schedule(limit, new SimulationEvent(EventKind.StopOverdue, index, Number: Life));
        Step(new NodeInput.StopRequested());
        return true;
    }

    public void OnStopOverdue(long life)
    {
        if (life != Life) return;

        Kill(hasPower: true);
        StartAfter(DrawDowntime());
    }

    public void OnFlushDone(StoreFile file, long generation)
    {
        if (generation != _flushGeneration) return;

        var ticket = _disk.EndFlush(file);
        if (!IsPaused) StartFlush(file);
        if (_isEnding) StartAgainWhenDurable();
        else Post(new NodeInput.Flushed(file, ticket));
    }

    // The shell gives a node all that has come before it ends the batch: sometimes that is more than one input.
    private void Step(NodeInput input)
    {
        StepOne(input);
        if (Core is null || input is NodeInput.BatchEnded) return;
        if (_batching.Chance(0.7))
        {
            StepOne(NodeInput.BatchEnded.Instance);
            return;
        }

        var delay = _batching.Exponential(TimeSpan.FromMicroseconds(200)).Ticks;
        cluster.ScheduleInput(this, delay, NodeInput.BatchEnded.Instance);
    }

    private void StepOne(NodeInput input)
    {
        var core = Core ?? throw new UnreachableException("Only a running node is stepped.");
        cluster.OnStep(this, input);
        _effects.Clear();
        core.Step(OwnNow, input, _effects);
        foreach (var effect in _effects) Perform(effect);
        cluster.OnStepped(this);
    }

    private void Perform(NodeEffect effect)
    {
        if (effect is not NodeEffect.Send) cluster.OnEffect(this, effect);
        switch (effect)
        {
            case NodeEffect.Send send: cluster.Network.Send(this, send); break;
            case NodeEffect.Write write: Write(write); break;
            case NodeEffect.Instruct instruct: Instruct(instruct); break;
            case NodeEffect.RunWorker run: Workers.Begin(run, new TimeSpan(_ownAtStart)); break;
            case NodeEffect.StopWorker stop: Workers.Stop(stop); break;
            case NodeEffect.ExtendRuns extend: Workers.Extend(extend, new TimeSpan(_ownAtStart)); break;
            case NodeEffect.Probe probe: cluster.Network.Probe(this, probe.Peer); break;
            case NodeEffect.Answer answer: cluster.Http.OnAnswer(this, answer); break;
            case NodeEffect.AnswerCommand told: cluster.Operator.OnAnswer(told); break;
            case NodeEffect.EndIncarnation: EndIncarnation(); break;
            case NodeEffect.HandedOver: HandOver(); break;
            case NodeEffect.Stopped: Stop(); break;
            case NodeEffect.JoinCluster join: Cluster = join.Cluster; break;
            case NodeEffect.Report report: cluster.OnEvent(this, report.Event); break;
            default: throw new UnreachableException($"Unknown effect {effect}.");
        }
    }

    /// <summary>Whether nothing is known to be wrong with what its disk holds of a service.</summary>
    public bool HasGoodCopy(ServiceName service) => !_disk.IsDamaged(service);

    public void DamageRecord(ServiceName service) => _disk.Damage(service);

    /// <summary>The service's code on this node, or null before it was told anything.</summary>
    public SimulatedProvider? Provider(ServiceName service) => _providers.GetValueOrDefault(service);

    private void Instruct(NodeEffect.Instruct instruct)
    {
        var (service, instruction) = (instruct.Service, instruct.Instruction);
        if (instruction is ServiceInstruction.StartAnew)
        {
            if (_providers.Remove(service, out var failed)) failed.Executor.Abandon();
            return;
        }

        if (!_providers.TryGetValue(service, out var provider))
        {
            _providers[service] = provider = new SimulatedProvider(cluster, this, service, random.Fork());
        }

        provider.Executor.Take(instruction);
    }

    private void EndProviders()
    {
        foreach (var provider in _providers.Values) provider.Executor.Abandon();
        _providers.Clear();
    }

    private void Write(NodeEffect.Write write)
    {
        _disk.Add(write);
        StartFlush(write.File);
    }

    private void StartFlush(StoreFile file)
    {
        if (!_disk.TryStartFlush(file)) return;

        var delay = cluster.DrawFlush(this);
        StallNextFlushFor = 0;
        cluster.Schedule(
            delay, new SimulationEvent(EventKind.FlushDone, index, (int)file, _flushGeneration));
    }

    private void EndIncarnation()
    {
        var ended = Core!;
        Life++;
        Core = null;
        _isEnding = true;
        EndProviders();
        Workers.EndIncarnation();
        cluster.Intakes.EndIncarnation(this);
        _waiting.Clear();
        cluster.Http.OnIncarnationEnded(this, ended);
        TellOfEnd(hasPower: true);
        StartAgainWhenDurable();
    }

    private void StartAgainWhenDurable()
    {
        if (_disk.IsIdle) StartAfter(random.Exponential(TimeSpan.FromMilliseconds(2)).Ticks);
    }

    private void HandOver()
    {
        _isDrainDue = true;
        cluster.Intakes.Stop(this);
    }

    private void Stop()
    {
        if (random.Chance(0.5)) _disk.FlushAll();
        EndProcess(hasPower: true);
        _disk.Crash(random);
        StartAfter(DrawDowntime());
    }

    private void EndProcess(bool hasPower)
    {
        Life++;
        Core = null;
        _isEnding = false;
        EndProviders();
        Workers.EndProcess();
        cluster.Intakes.EndProcess(this);
        _flushGeneration++;
        _waiting.Clear();
        EndPause();
        HasPower = hasPower;
        cluster.Streams.OnProcessGone(index, hasPower);
        cluster.Http.OnProcessGone(index, hasPower);
        TellOfEnd(hasPower);
    }

    private void TellOfEnd(bool hasPower)
    {
        cluster.Network.OnProcessGone(index, hasPower);
        cluster.Checkers.Losses.Update();
    }

    private void EndPause()
    {
        if (IsPaused) AwakeSince = cluster.Now;
        IsPaused = false;
        Clock.RunOn(cluster.Now);
    }

    private long DrawDowntime() => TimeSpan.FromMilliseconds(5).Ticks + cluster.DrawFaultLength(random, 800);

    private void ScheduleTick(long delay) =>
        cluster.Schedule(delay, new SimulationEvent(EventKind.Tick, index, Number: Life));
}
