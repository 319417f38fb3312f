using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Protocol;
using Understudy.Simulator.Faults;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Clients;

/// <summary>
/// The clients: each sends its next operation when the last is answered, through a drawn node's gateway, and asks
/// another node when it is not. What they asked and were told is the history that the checkers judge.
/// </summary>
internal sealed class Workload
{
    /// <summary>More operations than this in one seed make histories long to check, and add little.</summary>
    private const int MostOperations = 500;

    private const string TailKeyPrefix = "tail-";

    /// <summary>One client alone reads back, so that what it reads follows what was written.</summary>
    private const int TailClient = 0;

    private readonly SimulatedCluster _cluster;
    private readonly SeededRandom _random;
    private readonly OperationDraw _draw;
    private readonly ClientOperation?[] _current;
    private readonly long[] _lastWake;
    private readonly Dictionary<long, Attempt> _held = [];
    private readonly HashSet<long> _answered = [];
    private readonly Queue<(ServiceName Service, KvRequest Request)> _tail = new();
    private long _stamp;
    private long _operations;
    private long _numbers;
    private SimulatedNode[] _readSide = [];
    private SimulatedNode[] _writeSide = [];
    private long _concentratedUntil;

    public Workload(SimulatedCluster cluster, SeededRandom random)
    {
        (_cluster, _random) = (cluster, random);
        _draw = new OperationDraw(cluster.Scenario.Clients, random.Fork());
        _current = new ClientOperation?[cluster.Scenario.Clients.Count];
        _lastWake = new long[_current.Length];
        for (var client = 0; client < _current.Length; client++) ScheduleWake(client, Think());
    }

    /// <summary>Every operation that was begun, in order.</summary>
    public List<ClientOperation> History { get; } = [];

    /// <summary>True if no client waits for anything.</summary>
    public bool IsIdle => _tail.Count == 0 && Array.TrueForAll(_current, operation => operation is null);

    /// <summary>What the first client that waits is waiting for.</summary>
    public ClientOperation? FirstPending => Array.Find(_current, operation => operation is not null);

    /// <summary>After the faults every counter is incremented once and every key is read once.</summary>
    public void BeginReadBack(IEnumerable<ServiceName> services)
    {
        foreach (var service in services)
        {
            _tail.Enqueue((service, new KvRequest.Increment(OperationDraw.CounterKey)));
            foreach (var key in _draw.Keys) _tail.Enqueue((service, new KvRequest.Get(key)));
        }

        ScheduleWake(TailClient, 0);
    }

    /// <summary>
    /// Something goes wrong: clients that think begin soon, for what is under way then is what can be lost.
    /// </summary>
    public void Stir()
    {
        for (var client = 0; client < _current.Length; client++)
        {
            if (_current[client] is not null || _operations >= MostOperations || !_random.Chance(0.5)) continue;
            ScheduleWake(client, _random.Exponential(TimeSpan.FromMilliseconds(30)).Ticks);
        }
    }

    /// <summary>
    /// For a while clients hardly think; they read on one side and write on the other, where the two may differ.
    /// </summary>
    public void Concentrate(SimulatedNode[] readSide, SimulatedNode[] writeSide, long duration)
    {
        (_readSide, _writeSide, _concentratedUntil) = (readSide, writeSide, _cluster.Now + duration);
        for (var client = 0; client < _current.Length; client++)
        {
            if (_current[client] is null) ScheduleWake(client, Think());
        }
    }

    /// <summary>Clients stop asking a service that has lost every copy of its state.</summary>
    public void GiveUp(ServiceName service)
    {
        for (var client = 0; client < _current.Length; client++)
        {
            if (_current[client] is { } operation && operation.Service == service) End(operation);
        }
    }

    /// <summary>A client acts; only its latest appointment counts, so that it never does two things at once.</summary>
    public void OnWake(int client, long wake)
    {
        if (wake != _lastWake[client]) return;
        if (_current[client] is { } pending)
        {
            Send(pending);
            return;
        }

        if (client == TailClient && _tail.TryDequeue(out var wanted))
        {
            Begin(client, wanted.Service, wanted.Request, TailKeyPrefix);
        }
        else if (!_cluster.IsCalm)
        {
            BeginDrawn(client);
        }
    }

    public void OnRequestArrives(Attempt attempt)
    {
        if (attempt.IsOver) return;
        var gateway = _cluster.Nodes[attempt.Gateway];
        if (gateway.Core is null)
        {
            Refused(attempt);
            return;
        }

        attempt.Number = ++_numbers;
        _held.Add(attempt.Number, attempt);
        var operation = attempt.Operation;
        var holdFor = TimeSpan.FromMilliseconds(500 + _random.Below(3000));
        _cluster.Schedule(
            (holdFor * 1.2).Ticks + TimeSpan.TicksPerSecond / 2,
            new SimulationEvent(EventKind.AttemptOverdue, operation.Client, Payload: attempt));
        gateway.Post(new NodeInput.Requested(
            attempt.Number,
            operation.Service,
            operation.Body,
            operation.Request.IsRead,
            operation.IdempotencyKey,
            holdFor));
    }

    /// <summary>A node answers a request.</summary>
    public void OnAnswer(SimulatedNode node, NodeEffect.Answer answer)
    {
        if (!_answered.Add(answer.Number)) throw new ViolationException("OnceOnly", $"{answer} is the second answer");
        if (!_held.Remove(answer.Number, out var attempt)) return;

        _cluster.Checkers.OnAnswer(node, attempt, answer.Reply);
        var delay = _random.Exponential(TimeSpan.FromMilliseconds(0.3)).Ticks;
        _cluster.Schedule(
            delay,
            new SimulationEvent(
                EventKind.AnswerArrives, attempt.Operation.Client, Payload: new ArrivingAnswer(attempt, answer.Reply)));
    }

    public void OnAnswerArrives(ArrivingAnswer arriving)
    {
        var (attempt, reply) = arriving;
        if (attempt.IsOver && attempt.Operation.Outcome != OperationOutcome.Answered) return;

        attempt.IsOver = true;
        if (reply.Outcome == ReplyOutcome.Answered) Answered(attempt.Operation, reply);
        else if (reply.Outcome == ReplyOutcome.KeyReused) throw KeyWasNew(attempt.Operation);
        else Failed(attempt.Operation);
    }

    public void OnAttemptOverdue(Attempt attempt)
    {
        if (attempt.IsOver) return;

        attempt.IsOver = true;
        if (_held.Remove(attempt.Number))
        {
            _cluster.Faults.Count(FaultKind.RequestAbandoned);
            _cluster.Nodes[attempt.Gateway].Post(new NodeInput.RequestAbandoned(attempt.Number));
        }

        Failed(attempt.Operation);
    }

    /// <summary>A node's process has gone: the connections of its clients break.</summary>
    public void OnGatewayGone(int node)
    {
        List<Attempt> lost = [];
        foreach (var attempt in _held.Values)
        {
            if (attempt.Gateway == node) lost.Add(attempt);
        }

        lost.Sort((a, b) => a.Number.CompareTo(b.Number));
        foreach (var attempt in lost)
        {
            _held.Remove(attempt.Number);
            if (attempt.IsOver) continue;
            attempt.IsOver = true;
            Failed(attempt.Operation);
        }
    }

    private void BeginDrawn(int client)
    {
        var services = _cluster.Scenario.Stateful;
        var service = services[_random.Below(services.Length)].Name;
        if (_cluster.Checkers.Losses.IsLost(service))
        {
            ScheduleWake(client, Think());
            return;
        }

        Begin(client, service, _draw.Next(_operations + 1), "op-");
    }

    private void Begin(int client, ServiceName service, KvRequest request, string keyPrefix)
    {
        var number = ++_operations;
        var withoutKey = request.IsRead || (!_cluster.IsCalm && _draw.IsWithoutKey);
        var operation = new ClientOperation(number, client, service, request, withoutKey ? null : keyPrefix + number)
        {
            CalledAt = Stamp(),
            GiveUpAt = _cluster.Now + TimeSpan.FromSeconds(4 + _random.Below(20)).Ticks,
        };
        History.Add(operation);
        _current[client] = operation;
        Send(operation);
        if (!operation.MayBeSentAgain || !_draw.IsHedged) return;
        _cluster.Faults.Count(FaultKind.RequestSentTwice);
        Send(operation);
    }

    private void Send(ClientOperation operation)
    {
        var gateway = DrawGateway(operation.Request);
        operation.Attempts++;
        operation.SentAt = _cluster.Now;
        var attempt = new Attempt(operation, gateway);
        var delay = _random.Exponential(TimeSpan.FromMilliseconds(0.3)).Ticks;
        _cluster.Schedule(delay, new SimulationEvent(EventKind.RequestArrives, gateway, Payload: attempt));
    }

    private int DrawGateway(KvRequest request)
    {
        var drawn = _random.Below(_cluster.Nodes.Length);
        if (!IsConcentrated) return drawn;
        var side = request.IsRead ? _readSide : _writeSide;
        return side[drawn % side.Length].Index;
    }

    private void Refused(Attempt attempt)
    {
        attempt.IsOver = true;
        if (attempt.Operation.Outcome != OperationOutcome.Pending) return;
        if (MustGiveUp(attempt.Operation)) End(attempt.Operation);
        else ScheduleWake(attempt.Operation.Client, Backoff());
    }

    private void Answered(ClientOperation operation, Reply reply)
    {
        if (!KvCodec.TryDecode(reply.Body, out KvAnswer? answer, out var reason))
        {
            throw new ViolationException("Codec", $"an answer to {operation} does not decode: {reason}");
        }

        _cluster.Hash.Add(HistoryHash.Of(reply.Body.Span));
        var lineage = _cluster.Checkers.LineageOf(operation.Service, reply.Version);
        if (operation.Outcome == OperationOutcome.Answered)
        {
            // What was answered in one lineage is not known in the next; nor what was lost after it was answered.
            if (lineage == operation.Lineage && !_cluster.Scenario.IsPeriodic(operation.Service))
                CheckSameAnswer(operation, answer);
            return;
        }

        if (operation.Outcome != OperationOutcome.Pending) return;
        operation.Answer = answer;
        operation.Lineage = lineage;
        operation.Outcome = OperationOutcome.Answered;
        operation.ReturnedAt = Stamp();
        _draw.Saw(operation.Request.Key, answer);
        Release(operation);
    }

    private static ViolationException KeyWasNew(ClientOperation operation) =>
        new("OnceOnly", $"{operation} was refused: its key was used before with another request");

    private static void CheckSameAnswer(ClientOperation operation, KvAnswer answer)
    {
        if (operation.Request.IsRead) return;
        var first = operation.Answer!;
        var isSame = first.Status == answer.Status && first.Version == answer.Version
            && first.Value.Span.SequenceEqual(answer.Value.Span);
        if (!isSame) throw new ViolationException("OnceOnly", $"{operation} was answered differently again: {answer}");
    }

    private void Failed(ClientOperation operation)
    {
        if (operation.Outcome != OperationOutcome.Pending) return;
        if (!operation.MayBeSentAgain || MustGiveUp(operation)) End(operation);
        else ScheduleWake(operation.Client, Backoff());
    }

    private bool MustGiveUp(ClientOperation operation) =>
        (!_cluster.IsCalm && _cluster.Now > operation.GiveUpAt) || _cluster.Keys.IsOver(operation.IdempotencyKey);

    private void End(ClientOperation operation)
    {
        operation.Outcome = OperationOutcome.Unknown;
        Release(operation);
    }

    private void Release(ClientOperation operation)
    {
        _current[operation.Client] = null;
        ScheduleWake(operation.Client, _cluster.IsCalm ? Backoff() : Think());
    }

    private long Stamp() => _stamp = Math.Max(_stamp + 1, _cluster.Now);

    private bool IsConcentrated => _cluster.Now < _concentratedUntil && !_cluster.IsCalm;

    private long Think() => _random.Exponential(
        IsConcentrated ? TimeSpan.FromMilliseconds(15) : new TimeSpan(_cluster.Scenario.Clients.Think)).Ticks;

    private long Backoff() => TimeSpan.TicksPerMillisecond + _random.Exponential(TimeSpan.FromMilliseconds(20)).Ticks;

    private void ScheduleWake(int client, long delay) =>
        _cluster.Schedule(
            delay, new SimulationEvent(EventKind.ClientWakes, client, Number: ++_lastWake[client]));
}

/// <summary>An answer on its way to a client.</summary>
internal sealed record ArrivingAnswer(Attempt Attempt, Reply Reply);
