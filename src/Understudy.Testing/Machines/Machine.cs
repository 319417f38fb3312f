using System.Diagnostics;
using Understudy.Contracts;
using Understudy.Hosting;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Services;
using Understudy.Transport;
using NodeStatus = Understudy.Protocol.NodeStatus;

namespace Understudy.Testing.Machines;

/// <summary>
/// One machine with a disk, and the process of one node on it, or none: steps the node and performs its effects, as
/// the shell of a real node does. It decides nothing.
/// </summary>
internal sealed class Machine(MachineParts parts, NodeOption option, int index, SeededRandom random)
{
    private static readonly TimeSpan _meanFlush = TimeSpan.FromMicroseconds(500);

    private readonly MemoryDisk _disk = new(new DiskId(random.NextId()));
    private readonly List<NodeEffect> _effects = [];
    private readonly List<NodeInput> _waiting = [];
    private readonly int[] _flushes = new int[2];
    private Process? _process;
    private TimeSpan _startedAt;
    private TimeSpan _watchDue;
    private bool _isEnding;
    private bool _isDrainDue;

    public NodeId Id => option.Id;

    public NodeKind Kind => option.Kind;

    public int Index => index;

    /// <summary>
    /// Grows with every incarnation and every end: what was meant for one is not given to the next.
    /// </summary>
    public long Life { get; private set; }

    /// <summary>Names the process among all there were.</summary>
    public ulong Boot { get; private set; }

    /// <summary>The present incarnation's core; null while the process is down, or between two of them.</summary>
    public Node? Core { get; private set; }

    /// <summary>The core of the last incarnation that began, present or not.</summary>
    public Node? Last { get; private set; }

    public MemberId Member { get; private set; }

    public PeerIdentity Identity => new(Member, _disk.Id, Cluster);

    public bool HasNode => Core is not null;

    /// <summary>Whether it has a process, paused or not.</summary>
    public bool IsRunning => _process is not null;

    public bool IsPaused { get; private set; }

    /// <summary>Whether it can shake hands now.</summary>
    public bool IsAwake => HasNode && !IsPaused;

    /// <summary>Ends when the node that was asked to stop has left; null if it was not asked.</summary>
    public TaskCompletionSource? Stopping { get; private set; }

    /// <summary>What clients asked it.</summary>
    public Requests Requests => field ??= new Requests(parts.Time, this, parts.Configuration);

    private ClusterId? Cluster { get; set; }

    private TimeSpan OwnNow => parts.Time.Now - _startedAt;

    /// <summary>A process starts from what is on the disk.</summary>
    public void Start()
    {
        if (IsRunning) return;
        Boot = random.Next();
        var boot = Boot;
        _process = new Process(parts, Id, why =>
        {
            if (boot == Boot && IsRunning) Kill(tells: true, why);
        });
        parts.Note(Id, "starts");
        Requests.Open();
        BeginIncarnation();
    }

    /// <summary>The process dies at once; what was not flushed may be lost.</summary>
    /// <param name="tells">False if the machine loses its power, so that its peers hear only silence.</param>
    /// <param name="why">Why, if nobody asked for it.</param>
    public void Kill(bool tells, string? why = null)
    {
        if (!IsRunning) return;
        EndProcess(tells);
        var (lost, _) = _disk.Crash(random);
        var because = why is null ? "" : $": {why}";
        parts.Note(Id, $"{(tells ? "is killed" : "loses its power")}{because}; {lost} writes are lost");
    }

    /// <summary>The process stands still, as after SIGSTOP.</summary>
    public void Pause()
    {
        if (!IsRunning || IsPaused) return;
        IsPaused = true;
        _process!.Code.Hold();
        parts.Note(Id, "is paused");
    }

    public void Resume()
    {
        if (!IsPaused) return;
        IsPaused = false;
        parts.Note(Id, "is resumed");
        _process!.Code.GoOn();
        NodeInput[] waiting = [.. _waiting];
        _waiting.Clear();
        StartFlush(StoreFile.Control);
        StartFlush(StoreFile.Data);
        if (!HasNode) return;
        TickAfter(TimeSpan.Zero);
        var life = Life;
        foreach (var input in waiting)
        {
            if (life == Life) Give(input);
        }
    }

    /// <summary>The node hands over, answers what it took, and leaves.</summary>
    public Task StopAsync()
    {
        if (!IsRunning) return Task.CompletedTask;
        Stopping ??= new TaskCompletionSource();
        parts.Note(Id, "is asked to stop");
        Give(new NodeInput.StopRequested());
        return Stopping.Task;
    }

    /// <summary>Gives the node an input, now or when it is resumed; nothing if there is no node.</summary>
    public void Give(NodeInput input)
    {
        if (Core is null) return;
        if (IsPaused) _waiting.Add(input);
        else Step(input);
    }

    public void GiveAfter(TimeSpan delay, NodeInput input)
    {
        var life = Life;
        parts.Time.After(delay, () =>
        {
            if (life == Life) Give(input);
        });
    }

    /// <summary>Whether a service's primary is here and serves, and may.</summary>
    public bool IsPrimary(ServiceName service) => IsAwake && Core!.IsMember && Core.LeaseUntil > OwnNow
        && Core.IsPrimary(service) && Core.Status(OwnNow).Primaries.Contains(service);

    public IReplicatedService? Find(ServiceName service) => _process?.Executors.Find(service);

    public NodeStatus? Status() => Core?.Status(OwnNow);

    public StatusDocument Document() =>
        StatusReport.Create(parts.Configuration, Id, parts.Options.Kinds, Status(), OwnNow) with
        {
            Requests = Requests.Status,
        };

    public HistoryDocument? History(string? service) =>
        StatusReport.HistoryOf(parts.Configuration, Id, Status(), service);

    /// <summary>The test is over.</summary>
    public void End()
    {
        if (IsRunning) EndProcess(tells: false);
    }

    private void BeginIncarnation()
    {
        Life++;
        var life = Life;
        _isEnding = false;
        _startedAt = parts.Time.Now;
        _watchDue = TimeSpan.Zero;
        Member = new MemberId(Id, new Incarnation(++_disk.BootCounter, random.Next()));
        var ended = Last;
        Last = Core = new Node(parts.Options, Member, _disk.Read(), random.Fork());
        Cluster = Core.View?.Cluster;
        void Post(NodeInput input) => parts.Time.Post(() =>
        {
            if (life == Life) Give(input);
        });
        _process!.Executors.Begin(Post);
        _process.Workers.Begin(Post, _startedAt.Ticks);
        Step(NodeInput.Tick.Instance);
        TickAfter(parts.Options.Profile.Tick * random.Unit());
        parts.Wires.Join(index);
        Requests.SendAgain(ended);
        if (Stopping is not null) Step(new NodeInput.StopRequested());
    }

    private void TickAfter(TimeSpan delay)
    {
        var life = Life;
        parts.Time.After(delay, () =>
        {
            if (life != Life || IsPaused) return;
            TickAfter(parts.Options.Profile.Tick);
            OnTick(life);
        });
    }

    private void OnTick(long life)
    {
        Step(NodeInput.Tick.Instance);
        if (life != Life) return;
        if (OwnNow >= _watchDue)
        {
            _watchDue = OwnNow + parts.Options.Profile.Heartbeat;
            _process!.Executors.Watch();
        }

        if (!_isDrainDue || Requests.Count > 0) return;
        _isDrainDue = false;
        Step(new NodeInput.ClientsDrained());
    }

    /// <summary>Every input is a batch of its own.</summary>
    private void Step(NodeInput input)
    {
        var life = Life;
        Take(input);
        if (life == Life && HasNode) Take(NodeInput.BatchEnded.Instance);
    }

    private void Take(NodeInput input)
    {
        _effects.Clear();
        Core!.Step(OwnNow, input, _effects);
        foreach (var effect in _effects.ToArray()) Perform(effect);
    }

    private void Perform(NodeEffect effect)
    {
        switch (effect)
        {
            case NodeEffect.Send send: parts.Wires.Send(this, send.To, send.Message); break;
            case NodeEffect.Write write:
                _disk.Add(write);
                StartFlush(write.File);
                break;
            case NodeEffect.Instruct instruct:
                _process!.Executors.Take(instruct.Service, instruct.Kind, instruct.Instruction);
                break;
            case NodeEffect.RunWorker run: _process!.Workers.Run(run); break;
            case NodeEffect.StopWorker stop: _process!.Workers.Stop(stop); break;
            case NodeEffect.ExtendRuns extend: _process!.Workers.Extend(extend); break;
            case NodeEffect.Probe probe: parts.Wires.Probe(this, probe.Peer); break;
            case NodeEffect.Answer answer: Requests.Answer(answer.Number, answer.Reply); break;
            case NodeEffect.AnswerCommand told: Requests.Answer(told.Number, told.Told); break;
            case NodeEffect.JoinCluster join: Cluster = join.Cluster; break;
            case NodeEffect.Report report: parts.OnEvent(this, report.Event); break;
            case NodeEffect.EndIncarnation: EndIncarnation(); break;
            case NodeEffect.HandedOver:
                Requests.TakeNoMore();
                _isDrainDue = true;
                break;
            case NodeEffect.Stopped: OnStopped(); break;
            default: throw new UnreachableException($"Unknown effect {effect}.");
        }
    }

    private void StartFlush(StoreFile file)
    {
        if (IsPaused || !_disk.TryStartFlush(file)) return;
        var (boot, flush) = (Boot, ++_flushes[(int)file]);
        parts.Time.After(random.Exponential(_meanFlush), () =>
        {
            if (boot == Boot && IsRunning && flush == _flushes[(int)file]) OnFlushed(file);
        });
    }

    private void OnFlushed(StoreFile file)
    {
        var ticket = _disk.EndFlush(file);
        StartFlush(file);
        if (!_isEnding) Give(new NodeInput.Flushed(file, ticket));
        else if (_disk.IsIdle) BeginIncarnation();
    }

    private void EndIncarnation()
    {
        Life++;
        Core = null;
        _isEnding = true;
        _process!.Executors.End();
        _process.Workers.EndIncarnation();
        _waiting.Clear();
        parts.Wires.Leave(index, tells: true);
        if (_disk.IsIdle) parts.Time.Post(BeginIfEnding);
    }

    private void BeginIfEnding()
    {
        if (_isEnding && IsRunning && _disk.IsIdle) BeginIncarnation();
    }

    private void OnStopped()
    {
        _disk.FlushAll();
        EndProcess(tells: true);
        parts.Note(Id, "has stopped");
    }

    private void EndProcess(bool tells)
    {
        Life++;
        Core = null;
        (_isEnding, _isDrainDue, IsPaused) = (false, false, false);
        _waiting.Clear();
        Requests.Close("is not running");
        _process!.End();
        _process = null;
        parts.Wires.Leave(index, tells);
        Stopping?.TrySetResult();
        Stopping = null;
    }
}
