using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Storage;
using Understudy.Transport;

namespace Understudy.Hosting;

/// <summary>
/// A node's one loop: steps the node with one input at a time and does what it asks, in order. One thread at a time
/// has it: whoever posts an input while nobody does, for a few batches, or the loop's own thread, which does all that
/// time brings. It never waits for a disk or a peer; only between two incarnations does its own thread wait, for there
/// is nothing to step then.
/// </summary>
internal sealed class NodeLoop
{
    /// <summary>After so many batches on another's thread the loop's own goes on.</summary>
    private const int MostBatches = 8;

    private readonly NodeLoopParts _parts;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _handedOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<NodeEffect> _effects = [];
    private readonly HashSet<MemberId> _open = [];
    private readonly HashSet<long> _asked = [];
    private List<NodeInput> _batch = [];
    private long _startedAt;
    private Node? _node;
    private ClusterId? _cluster;
    private TimeSpan _tickDue;
    private TimeSpan _publishDue;
    private string? _endReason;
    private bool _isNew;
    private long _lastTurn;
    private volatile bool _isStopRequested;
    private volatile bool _isDrained;
    private volatile bool _isHalted;
    private volatile NodeStatus? _status;

    public NodeLoop(NodeLoopParts parts)
    {
        _parts = parts;
        _startedAt = parts.Clock.GetTimestamp();
        _lastTurn = _startedAt;
        parts.Inbox.Step = StepForOther;
        _thread = new Thread(Run) { Name = "node loop", IsBackground = true, Priority = ThreadPriority.AboveNormal };
    }

    /// <summary>Ends when the node has handed its primaries over and waits for its clients to be drained.</summary>
    public Task HandedOver => _handedOver.Task;

    /// <summary>Ends when the node has left in order.</summary>
    public Task Left => _left.Task;

    /// <summary>What the node last published, or null before its first turn.</summary>
    public NodeStatus? Status => _status;

    /// <summary>
    /// The time that the node is given: since its incarnation began, as a restarted voter counts from there what it
    /// may have granted before (agreement.md H3).
    /// </summary>
    public TimeSpan Now => _parts.Clock.GetElapsedTime(Interlocked.Read(ref _startedAt));

    /// <summary>How long ago the last turn ended.</summary>
    public TimeSpan SinceLastTurn => _parts.Clock.GetElapsedTime(Interlocked.Read(ref _lastTurn));

    /// <summary>Begins the first incarnation.</summary>
    public void Start() => _thread.Start();

    /// <summary>Asks the node to hand over its primaries and leave.</summary>
    public void RequestStop()
    {
        _isStopRequested = true;
        _parts.Inbox.Post(new NodeInput.StopRequested());
    }

    /// <summary>No client can ask any more: the node that was asked to stop may leave.</summary>
    public void Leave()
    {
        _isDrained = true;
        _parts.Inbox.Post(new NodeInput.ClientsDrained());
    }

    /// <summary>Ends the loop after its present turn, and returns when it has ended.</summary>
    public void Halt()
    {
        _isHalted = true;
        _parts.Inbox.Wake();
        if (_thread.IsAlive) _thread.Join();
        _parts.Executors.End();
        _parts.Workers.EndIncarnation();
    }

    private void Run()
    {
        try
        {
            BeginIncarnation();
            TakeTurns(isTick: false);
            for (GiveBack(); !_isHalted; GiveBack())
            {
                _parts.Inbox.Await(_tickDue - Now);
                if (_isHalted) return; // The loop is not given back: nobody steps it any more.
                if (_endReason is not null) BeginIncarnation();
                TakeTurns(isTick: true);
            }
        }
#pragma warning disable CA1031 // Whatever it is, this node can no longer keep its promises: the process ends.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _parts.Fail(e);
        }
    }

    private void GiveBack()
    {
        while (!_parts.Inbox.GiveBack(isLast: _endReason is not null)) TakeTurns(isTick: true);
    }

    /// <summary>On the thread of whoever posted.</summary>
    private void StepForOther()
    {
        try
        {
            var batches = 0;
            do
            {
                TakeTurns(isTick: false);
            }
            while (!_parts.Inbox.GiveBack(isLast: ++batches >= MostBatches || _endReason is not null));
        }
#pragma warning disable CA1031 // As above. Whoever posted has done nothing wrong.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _parts.Fail(e);
        }
    }

    private void TakeTurns(bool isTick)
    {
        _parts.Inbox.Take(ref _batch);
        foreach (var input in _batch)
        {
            if (_endReason is not null) return;
            if (IsForThisIncarnation(input)) Step(input);
        }

        if (isTick && _endReason is null) TickIfDue();
        if (_endReason is null) Step(NodeInput.BatchEnded.Instance);
        _parts.Transport.Flush();
        if (_isNew) Publish();
        Interlocked.Exchange(ref _lastTurn, _parts.Clock.GetTimestamp());
    }

    private void TickIfDue()
    {
        var now = Now;
        if (now < _tickDue) return;

        // One tick however late it is: the node learns from the time how late it was.
        _tickDue = _tickDue + _parts.Options.Profile.Tick > now
            ? _tickDue + _parts.Options.Profile.Tick
            : now + _parts.Options.Profile.Tick;
        Step(NodeInput.Tick.Instance);
        _parts.Executors.Tick();
        if (now < _publishDue) return;
        _isNew = true;
        _parts.Executors.Watch();
    }

    // What was posted for the incarnation before may still arrive: its channels are lost, so nothing on them counts.
    private bool IsForThisIncarnation(NodeInput input) => input switch
    {
        NodeInput.ChannelUp up => _open.Add(up.Peer.Member) || true,
        NodeInput.ChannelLost lost => _open.Remove(lost.Peer),
        NodeInput.Received received => _open.Contains(received.From),
        NodeInput.Requested requested => _asked.Add(requested.Number),
        NodeInput.CommandGiven given => _asked.Add(given.Number),
        NodeInput.RequestAbandoned abandoned => _asked.Remove(abandoned.Number),
        _ => true,
    };

    private void Step(NodeInput input)
    {
        _effects.Clear();
        _node!.Step(Now, input, _effects);
        if (!ReferenceEquals(_node.Map, _status?.Map)) _isNew = true;
        foreach (var effect in _effects) Perform(effect);
    }

    private void Perform(NodeEffect effect)
    {
        switch (effect)
        {
            case NodeEffect.Send send:
                _parts.Transport.Send(send.To, send.Message);
                break;
            case NodeEffect.Write write:
                _parts.Store.Write(write.File, write.Ticket, write.Writes);
                break;
            case NodeEffect.Answer answer:
                if (_isNew) Publish(); // Whoever has the answer finds in the status what it rests on.
                _asked.Remove(answer.Number);
                _parts.Gateway.Answer(answer.Number, answer.Reply);
                break;
            case NodeEffect.AnswerCommand told:
                if (_isNew) Publish();
                _asked.Remove(told.Number);
                _parts.Commands.Answer(told.Number, told.Told);
                break;
            case NodeEffect.Instruct instruct:
                _parts.Executors.Take(instruct.Service, instruct.Kind, instruct.Instruction);
                break;
            case NodeEffect.RunWorker run:
                _parts.Workers.Run(run);
                break;
            case NodeEffect.StopWorker stop:
                _parts.Workers.Stop(stop);
                break;
            case NodeEffect.ExtendRuns extend:
                _parts.Workers.Extend(extend);
                break;
            case NodeEffect.Probe probe:
                _parts.Transport.Probe(probe.Peer);
                break;
            case NodeEffect.JoinCluster join:
                _cluster = join.Cluster;
                _parts.Transport.SetCluster(join.Cluster);
                break;
            case NodeEffect.Report report:
                _isNew = true;
                _parts.Reports.Report(report.Event);
                break;
            case NodeEffect.EndIncarnation end:
                _endReason = end.Reason;
                break;
            case NodeEffect.HandedOver:
                _handedOver.TrySetResult();
                break;
            case NodeEffect.Stopped:
                _handedOver.TrySetResult();
                _parts.Executors.End();
                _left.TrySetResult();
                break;
            default:
                throw new UnreachableException($"Unknown effect {effect}.");
        }
    }

    private void BeginIncarnation()
    {
        var isFirst = _node is null;
        _parts.Executors.End();
        _parts.Workers.EndIncarnation();
        _parts.Forwarders.Learn(null, _startedAt);
        _parts.Backends.Learn(null, _startedAt);
        _parts.Answers.Learn(null, _startedAt);
        if (!isFirst)
        {
            _parts.Reports.Report(new NodeEvent.Noted($"this incarnation ends: {_endReason}"));
            _parts.Store.DrainAsync(CancellationToken.None).GetAwaiter().GetResult();
        }

        _parts.Inbox.Clear();
        _open.Clear();
        HashSet<long> taken = [.. _asked];
        _asked.Clear();
        _endReason = null;
        _publishDue = TimeSpan.Zero;
        _status = null; // Its lease was told in the time of the incarnation before.
        Interlocked.Exchange(ref _startedAt, _parts.Clock.GetTimestamp());
        var counter = _parts.Store.NextBootCounter();
        var member = new MemberId(_parts.Self, new Incarnation(counter, RandomNumber()));
        _node = new Node(_parts.Options, member, _parts.Store.Load(), new SeededRandom(RandomNumber()));
        _tickDue = Now + _parts.Options.Profile.Tick;
        _parts.Executors.Begin(_parts.Inbox.Add, _parts.Inbox.Turn);
        _parts.Workers.Begin(_parts.Inbox.PostAside, _startedAt);

        // First: a node that finds its cluster on its disk says so before it meets anyone.
        Step(NodeInput.Tick.Instance);
        var identity = new PeerIdentity(member, _parts.Store.Disk, _cluster);
        if (isFirst) _parts.Transport.Start(identity);
        else _parts.Transport.ChangeIdentityAsync(identity, CancellationToken.None).GetAwaiter().GetResult();
        _parts.Gateway.SendAgain(taken);
        _parts.Commands.SendAgain();
        if (_isStopRequested) _parts.Inbox.Post(new NodeInput.StopRequested());
        if (_isDrained) _parts.Inbox.Post(new NodeInput.ClientsDrained());
        Publish();
    }

    private void Publish()
    {
        _isNew = false;
        _publishDue = Now + _parts.Options.Profile.Heartbeat;
        _status = _node!.Status(Now);
        _parts.Forwarders.Learn(_status, _startedAt);
        _parts.Backends.Learn(_status, _startedAt);
        _parts.Answers.Learn(_status, _startedAt);
        _parts.Feed.Take(_status);
    }

    private static ulong RandomNumber() => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));
}
