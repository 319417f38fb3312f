using Understudy.Client.Protocol;
using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Protocol;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Clients;

/// <summary>
/// What the clients ask: each begins its next operation when the last is over. Most are clients of the client library,
/// others know HTTP only. What they asked and were told is the history that the checkers judge.
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
    private readonly SimulatedClient[] _clients;
    private readonly ClientOperation?[] _current;
    private readonly long[] _lastWake;
    private readonly Queue<(ServiceName Service, KvRequest Request)> _tail = new();
    private long _stamp;
    private long _operations;
    private SimulatedNode[] _readSide = [];
    private SimulatedNode[] _writeSide = [];
    private long _concentratedUntil;

    public Workload(SimulatedCluster cluster, SeededRandom random)
    {
        (_cluster, _random) = (cluster, random);
        _draw = new OperationDraw(cluster.Scenario.Clients, random.Fork());
        _current = new ClientOperation?[cluster.Scenario.Clients.Count];
        _lastWake = new long[_current.Length];
        _clients = [.. Enumerable.Range(0, _current.Length).Select(DrawClient)];
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
            _clients[client].OnWake(pending);
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

    /// <summary>Whether the next operation is sent to two nodes at once.</summary>
    public bool IsHedged => _draw.IsHedged;

    /// <summary>A node that a client asks that knows nothing of where its service is.</summary>
    public int DrawGateway(KvRequest request)
    {
        var drawn = _random.Below(_cluster.Nodes.Length);
        if (!IsConcentrated) return drawn;
        var side = request.IsRead ? _readSide : _writeSide;
        return side[drawn % side.Length].Index;
    }

    public void OnEnded(Attempt attempt, AttemptEnd end, Reply? reply) =>
        _clients[attempt.Operation.Client].OnEnded(attempt, end, reply);

    public void OnLeave(Attempt attempt) => _clients[attempt.Operation.Client].OnLeave(attempt);

    /// <summary>The caller of an operation waits no longer than it said.</summary>
    public void OnTimeout(ClientOperation operation)
    {
        if (operation.Outcome != OperationOutcome.Pending || _cluster.Now < operation.GiveUpAt) return;
        _clients[operation.Client].OnTimeout(operation);
    }

    public void ScheduleTimeout(ClientOperation operation) => _cluster.ScheduleAt(
        operation.GiveUpAt, new SimulationEvent(EventKind.CallerGivesUp, operation.Client, Payload: operation));

    public bool MustGiveUp(ClientOperation operation) =>
        (!_cluster.IsCalm && _cluster.Now > operation.GiveUpAt) || _cluster.Keys.IsOver(operation.IdempotencyKey);

    public void WakeNow(int client) => ScheduleWake(client, 0);

    public void WakeAfter(int client, long delay) => ScheduleWake(client, delay);

    public void WakeAfterBackoff(int client) => ScheduleWake(client, Backoff());

    /// <summary>The service has answered a client's operation.</summary>
    public void Answered(ClientOperation operation, Reply reply)
    {
        operation.Answer = AnswerIn(operation, reply);
        operation.Lineage = _cluster.Checkers.LineageOf(operation.Service, reply.Version);
        operation.Outcome = OperationOutcome.Answered;
        operation.ReturnedAt = Stamp();
        _draw.Saw(operation.Request.Key, operation.Answer);
        Release(operation);
    }

    /// <summary>It has answered another attempt at an operation that was answered before.</summary>
    public void AnsweredAgain(ClientOperation operation, Reply reply)
    {
        var answer = AnswerIn(operation, reply);
        if (operation.Outcome != OperationOutcome.Answered) return;
        // What was answered in one lineage is not known in the next; nor what was lost after it was answered.
        var lineage = _cluster.Checkers.LineageOf(operation.Service, reply.Version);
        if (lineage == operation.Lineage && !_cluster.Scenario.IsPeriodic(operation.Service))
            CheckSameAnswer(operation, answer);
    }

    /// <summary>The client gives up: what became of its operation is not known.</summary>
    public void End(ClientOperation operation)
    {
        operation.Outcome = OperationOutcome.Unknown;
        Release(operation);
    }

    private SimulatedClient DrawClient(int number)
    {
        var (followers, nodes) = (_cluster.Scenario.Followers, _cluster.Nodes.Length);
        if (!_random.Chance(followers.Follow))
            return new PlainClient(_cluster, this, sendsVersions: _random.Chance(followers.SendVersions));
        var given = Enumerable.Range(0, 1 + _random.Below(3)).Select(_ => _random.Below(nodes)).Distinct().ToList();
        return new FollowingClient(_cluster, this, number, given, isDirect: _random.Chance(followers.Direct));
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
        var withoutKey = !request.IsRead && !_cluster.IsCalm && _draw.IsWithoutKey;
        var key = _clients[client].KeyOf(request.IsRead, withoutKey, keyPrefix + number);
        var operation = new ClientOperation(number, client, service, request, key)
        {
            CalledAt = Stamp(),
            GiveUpAt = _cluster.Now + TimeSpan.FromSeconds(4 + _random.Below(20)).Ticks,
            IsReadBack = keyPrefix == TailKeyPrefix,
        };
        History.Add(operation);
        _current[client] = operation;
        _clients[client].Begin(operation);
    }

    private KvAnswer AnswerIn(ClientOperation operation, Reply reply)
    {
        if (!KvCodec.TryDecode(reply.Body, out KvAnswer? answer, out var reason))
        {
            throw new ViolationException("Codec", $"an answer to {operation} does not decode: {reason}");
        }

        _cluster.Hash.Add(HistoryHash.Of(reply.Body.Span));
        return answer;
    }

    private static void CheckSameAnswer(ClientOperation operation, KvAnswer answer)
    {
        if (operation.Request.IsRead) return;
        var first = operation.Answer!;
        var isSame = first.Status == answer.Status && first.Version == answer.Version
            && first.Value.Span.SequenceEqual(answer.Value.Span);
        if (!isSame) throw new ViolationException("OnceOnly", $"{operation} was answered differently again: {answer}");
    }

    private void Release(ClientOperation operation)
    {
        _current[operation.Client] = null;
        _clients[operation.Client].OnOver();
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
