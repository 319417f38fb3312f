using System.Diagnostics;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Simulator.Checkers;
using Understudy.Simulator.Clients;
using Understudy.Simulator.Faults;
using Understudy.Simulator.Machines;
using Understudy.Simulator.Scale;
using Understudy.Transport;

namespace Understudy.Simulator;

/// <summary>
/// A whole cluster in virtual time on one thread: one queue of events, one seed. The same seed gives the same history
/// in every process.
/// </summary>
internal sealed class SimulatedCluster
{
    /// <summary>More events than this mean that something answers itself for ever.</summary>
    private const long MostEvents = 40_000_000;

    private readonly EventQueue _queue = new();
    private readonly Dictionary<NodeId, int> _indices = [];
    private readonly SeededRandom _diskRandom;
    private readonly FaultInjector _injector;
    private readonly AimedFaults _aimed;
    private readonly Tail _tail;
    private readonly Trace _trace;
    private long _events;
    private long _damages;

    /// <param name="seed">Everything that is drawn follows from it.</param>
    /// <param name="options">What is asked for.</param>
    /// <param name="codec">The codec that messages go through in part of the runs, or null.</param>
    /// <param name="live">Is told everything that happens; may be null.</param>
    /// <param name="given">A scenario that is not drawn, and what watches it instead of most checkers.</param>
    public SimulatedCluster(
        ulong seed,
        RunOptions options,
        IMessageCodec? codec,
        TextWriter? live,
        (Scenario Scenario, Checker Watch)? given = null)
    {
        var random = new SeededRandom(seed * 0x9E3779B97F4A7C15);
        var draw = new ScenarioDraw(random.Fork());
        Scenario = given?.Scenario ?? Draw(seed, draw.Draw(options.FaultTime.Ticks));
        Mutations = options.Mutations;
        _trace = new Trace(live);
        _diskRandom = random.Fork();
        var nodes = Scenario.Cluster.Nodes;
        for (var i = 0; i < nodes.Length; i++) _indices.Add(nodes[i].Id, i);
        var loop = codec is null || !Scenario.UsesCodec ? null
            : given is null ? new MessageLoop(codec)
            : new LongMessageLoop(codec);
        Network = new SimulatedNetwork(this, nodes.Length, random.Fork(), loop);
        Nodes = new SimulatedNode[nodes.Length];
        for (var i = 0; i < nodes.Length; i++)
        {
            Nodes[i] = new SimulatedNode(this, i, nodes[i], random.Fork(), ForWorkers(seed, i + 1));
        }

        Checkers = new CheckerSet(this, given?.Watch);
        Keys = new KeyWindows(this);
        Intakes = new SimulatedIntakes(this, ForWorkers(seed, -3), ForWorkers(seed, -4), isOn: given is null);
        Http = new SimulatedHttp(this, ForWorkers(seed, -11));
        Streams = new SimulatedStreams(this, ForWorkers(seed, -12));
        Workload = new Workload(this, random.Fork());
        _injector = new FaultInjector(this, random.Fork());
        _aimed = new AimedFaults(this, new SeededRandom(~seed * 0x9E3779B97F4A7C15));
        _tail = new Tail(this);
        Operator = new Operator(this, random.Fork());
        foreach (var node in Nodes) node.StartAfter(random.Below((int)TimeSpan.TicksPerSecond / 2));
        Schedule(options.FaultTime.Ticks, new SimulationEvent(EventKind.FaultsEnd));
    }

    public Scenario Scenario { get; }

    public Mutation Mutations { get; }

    public SimulatedNode[] Nodes { get; }

    public SimulatedNetwork Network { get; }

    public CheckerSet Checkers { get; }

    public SimulatedHttp Http { get; }

    public SimulatedStreams Streams { get; }

    public Workload Workload { get; }

    public Operator Operator { get; }

    public KeyWindows Keys { get; }

    public SimulatedIntakes Intakes { get; }

    public FaultCounters Faults { get; } = new();

    public HistoryHash Hash { get; } = new();

    /// <summary>True time, in ticks. A test sets it where nothing runs.</summary>
    public long Now { get; set; }

    /// <summary>True once the faults have ended for good.</summary>
    public bool IsCalm { get; private set; }

    /// <summary>What happened last, in words.</summary>
    public IReadOnlyList<string> LastEvents => _trace.Tail();

    /// <summary>Runs to the end of the fault-free tail, or to the first violation.</summary>
    public void Run()
    {
        while (!_tail.IsOver && TakeOne())
        {
        }

        Checkers.OnEnd(Workload.History);
    }

    /// <summary>Runs until something holds, which is asked every millisecond.</summary>
    /// <returns>False if it does not within the limit.</returns>
    public bool RunUntil(Func<bool> holds, TimeSpan limit)
    {
        var end = Now + limit.Ticks;
        for (var next = Now; next <= end; next += TimeSpan.TicksPerMillisecond)
        {
            while (Now < next && TakeOne())
            {
            }

            if (holds()) return true;
        }

        return false;
    }

    private bool TakeOne()
    {
        if (!_queue.TryTake(out var at, out var happening)) return false;
        if (++_events > MostEvents) throw new ViolationException("Runaway", $"{MostEvents} events");
        Now = at;
        Hash.Add(at, happening.Kind, happening.Node, happening.Other);
        Dispatch(happening);
        return true;
    }

    /// <summary>What is drawn from chance of its own, so that it shifts nothing else of a seed.</summary>
    private static Scenario Draw(ulong seed, Scenario scenario)
    {
        scenario = ScenarioDraw.AddWorker(scenario, ForWorkers(seed, 0));
        scenario = ScenarioDraw.AddPeriodic(scenario, ForWorkers(seed, -1));
        scenario = ScenarioDraw.AddKeyAge(scenario, ForWorkers(seed, -2));
        return ScenarioDraw.AddFollowers(scenario, ForWorkers(seed, -10));
    }

    private static SeededRandom ForWorkers(ulong seed, int user) =>
        new((seed + 0x5851F42D4C957F2D) * 0xD1342543DE82EF95 + (ulong)user);

    public int IndexOf(NodeId node) => _indices.GetValueOrDefault(node, -1);

    public void Schedule(long delay, in SimulationEvent happening) => _queue.Add(Now + delay, happening);

    public void ScheduleAt(long at, in SimulationEvent happening) => _queue.Add(at, happening);

    /// <summary>Gives a node an input after a delay, if it is still the same incarnation then.</summary>
    public void ScheduleInput(SimulatedNode node, long delay, NodeInput input) =>
        Schedule(delay, new SimulationEvent(EventKind.Input, node.Index, Number: node.Life, Payload: input));

    /// <summary>Names a damage of a state: no two are alike.</summary>
    public long NextDamage() => ++_damages;

    /// <summary>Whether any state was ever damaged: only then may providers differ, until they are audited.</summary>
    public bool HasDamagedStates => _damages > 0;

    /// <summary>How long the next flush of a node takes.</summary>
    public long DrawFlush(SimulatedNode node)
    {
        var mean = Scenario.Disk.MeanFlush;
        if (!IsCalm && _diskRandom.Chance(Scenario.Disk.SlowFlush)) mean *= 10;
        if (node.SlowDiskUntil > Now) mean = Math.Max(mean * 10, TimeSpan.TicksPerMillisecond * 20);
        return 1 + _diskRandom.Exponential(new TimeSpan(mean)).Ticks + (IsCalm ? 0 : node.StallNextFlushFor);
    }

    /// <summary>How long a fault lasts whose mean is given, at this seed's scale.</summary>
    public long DrawFaultLength(SeededRandom random, double meanMilliseconds) =>
        random.Exponential(TimeSpan.FromMilliseconds(IsCalm ? 50 : meanMilliseconds * Scenario.FaultLength)).Ticks;

    public void Note(string who, object what) => _trace.Add(Now, who, what);

    public void OnStep(SimulatedNode node, NodeInput input)
    {
        _trace.Add(Now, node.Option.Id.Value, input);
        Keys.OnInput(input);
        Hash.Add(input is NodeInput.Received received ? received.Message.GetType() : input.GetType());
    }

    public void OnEffect(SimulatedNode node, NodeEffect effect)
    {
        _trace.Add(Now, node.Option.Id.Value, effect);
        Hash.Add(effect.GetType());
        if (effect is NodeEffect.Report { Event: NodeEvent.ViewInstalled { View: var view } }) Hash.Add(view.Hash);
    }

    /// <summary>A node reports what happened inside it: for the checkers, and as a moment at which to strike.</summary>
    public void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        Checkers.OnEvent(node, happening);
        _aimed.OnEvent(node, happening);
    }

    /// <summary>A node has taken a turn.</summary>
    public void OnStepped(SimulatedNode node)
    {
        Checkers.OnStepped(node);
        Streams.OnStepped(node);
        Http.OnStepped(node);
        Intakes.OnStepped(node);
        _aimed.OnStepped(node);
    }

    /// <summary>An operator has given a command.</summary>
    public void OnCommanded() => _aimed.OnCommanded();

    private void Dispatch(in SimulationEvent happening)
    {
        var (kind, node, other, number, payload) = happening;
        switch (kind)
        {
            case EventKind.Tick: Nodes[node].OnTick(number); break;
            case EventKind.Deliver: Network.OnDeliver(node, other, number, (Message)payload!); break;
            case EventKind.ChannelOpens: Network.OnChannelOpens(node, other, (Opening)payload!); break;
            case EventKind.ChannelCloses: Network.OnChannelCloses(node, other, number); break;
            case EventKind.Connect: Network.OnConnect(node, other); break;
            case EventKind.CutNoticed: Network.OnCutNoticed(node, other, number); break;
            case EventKind.FlushDone: Nodes[node].OnFlushDone((StoreFile)other, number); break;
            case EventKind.Input: OnInput(Nodes[node], number, (NodeInput)payload!); break;
            case EventKind.Start: Nodes[node].OnStart(number); break;
            case EventKind.Resume: Nodes[node].OnResume(number); break;
            case EventKind.StopOverdue: Nodes[node].OnStopOverdue(number); break;
            case EventKind.Fault: _injector.OnFault((FaultKind)number, isAftershock: other == 1); break;
            case EventKind.Heal: _injector.OnHeal((int)number); break;
            case EventKind.ServiceRuns: ((SimulatedProvider)payload!).OnRun(number); break;
            case EventKind.WorkerActs: Nodes[node].Workers.OnMoment(other, number, (SimulatedRun?)payload); break;
            case EventKind.ForwarderActs: Intakes.OnForwarderMoment(Nodes[node], other, number, payload); break;
            case EventKind.AnswersAct: Intakes.OnAnswersMoment(Nodes[node], other, number, payload); break;
            case EventKind.AimedFault: _aimed.OnDue((Aim)payload!); break;
            case EventKind.CutOffCompletes: _aimed.OnCutCompletes((CutOff)payload!); break;
            case EventKind.CutOffHeals: _aimed.OnHeal(number); break;
            case EventKind.FaultsEnd: OnFaultsEnd(); break;
            case EventKind.TailCheck: _tail.OnCheck(); break;
            default: DispatchToClients(happening); break;
        }
    }

    private void DispatchToClients(in SimulationEvent happening)
    {
        switch (happening.Kind)
        {
            case EventKind.ClientWakes: Workload.OnWake(happening.Node, happening.Number); break;
            case EventKind.RequestArrives: Http.OnRequestArrives((Attempt)happening.Payload!); break;
            case EventKind.AnswerArrives: Http.OnAnswerArrives((AttemptOutcome)happening.Payload!); break;
            case EventKind.OperatorActs: Operator.OnAct(); break;
            case EventKind.AttemptOverdue: Http.OnAttemptOverdue((Attempt)happening.Payload!); break;
            case EventKind.CallerGivesUp: Workload.OnTimeout((ClientOperation)happening.Payload!); break;
            case EventKind.ClientLeaves: Workload.OnLeave((Attempt)happening.Payload!); break;
            case EventKind.StreamDue: ((FollowingClient)happening.Payload!).OnStreamDue(happening.Other); break;
            case EventKind.StreamArrives: Streams.OnArrives((MapStream)happening.Payload!); break;
            case EventKind.StreamTells: Streams.OnTells((StreamEvent)happening.Payload!); break;
            case EventKind.StreamEnds: Streams.OnEnds((MapStream)happening.Payload!); break;
            case EventKind.StreamChecked: Streams.OnChecked((MapStream)happening.Payload!); break;
            default: throw new UnreachableException($"Unknown event {happening}.");
        }
    }

    private static void OnInput(SimulatedNode node, long life, NodeInput input)
    {
        if (node.Life == life) node.Post(input);
    }

    private void OnFaultsEnd()
    {
        Note("fault", "no more faults");
        IsCalm = true;
        _aimed.Heal();
        _injector.HealAll();
        Operator.MakePeace();
        _tail.Begin();
    }
}
