using Understudy.Client.Protocol;
using Understudy.Http;
using Understudy.Http.Protocol;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Simulator.Faults;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Clients;

/// <summary>
/// Carries clients' requests to nodes, through the real rule of their gate, and the answers back. A process that ends
/// breaks its connections; a machine without power leaves them half open.
/// </summary>
internal sealed class SimulatedHttp
{
    private static readonly long ConnectTimeout = TimeSpan.FromSeconds(1).Ticks;

    /// <summary>When a client's system notices that the other end of a connection is no more.</summary>
    private static readonly long KeepAlive = TimeSpan.FromSeconds(10).Ticks;

    private readonly SimulatedCluster _cluster;
    private readonly SeededRandom _random;
    private readonly Dictionary<long, Attempt> _held = [];
    private readonly HashSet<long> _answered = [];
    private readonly List<Attempt>[] _atGate;
    private long _numbers;

    public SimulatedHttp(SimulatedCluster cluster, SeededRandom random)
    {
        (_cluster, _random) = (cluster, random);
        _atGate = [.. cluster.Nodes.Select(_ => new List<Attempt>())];
    }

    public void Send(Attempt attempt)
    {
        attempt.Operation.Attempts++;
        attempt.Operation.SentAt = _cluster.Now;
        _cluster.Schedule(Draw(), new SimulationEvent(EventKind.RequestArrives, attempt.Gateway, Payload: attempt));
    }

    /// <summary>The client does not wait for it for ever.</summary>
    public void LimitWait(Attempt attempt) => _cluster.Schedule(
        TimeSpan.FromMilliseconds(1100 + _random.Below(3600)).Ticks,
        new SimulationEvent(EventKind.AttemptOverdue, attempt.Operation.Client, Payload: attempt));

    public void OnRequestArrives(Attempt attempt)
    {
        if (attempt.IsOver) return;
        var node = _cluster.Nodes[attempt.Gateway];
        if (!node.IsProcessUp)
        {
            End(attempt, AttemptEnd.NotSent, node.HasPower ? 0 : ConnectTimeout);
            return;
        }

        attempt.ArrivedAt = _cluster.Now;
        _atGate[node.Index].Add(attempt);
        OnStepped(node);
    }

    /// <summary>A node has taken a turn: it may have heard of what the requests at its gate wait for.</summary>
    public void OnStepped(SimulatedNode node)
    {
        var waiting = _atGate[node.Index];
        if (waiting.Count == 0 || !node.IsAwake) return;
        _atGate[node.Index] = [];
        foreach (var attempt in waiting)
        {
            if (attempt.IsOver) continue;
            if (node.IsAwake) Consider(node, attempt);
            else _atGate[node.Index].Add(attempt);
        }
    }

    /// <summary>A node answers a request.</summary>
    public void OnAnswer(SimulatedNode node, NodeEffect.Answer answer)
    {
        if (!_answered.Add(answer.Number)) throw new ViolationException("OnceOnly", $"{answer} is the second answer");
        if (!_held.Remove(answer.Number, out var attempt)) return;

        _cluster.Checkers.OnAnswer(node, attempt, answer.Reply);
        var status = answer.Reply.Outcome switch
        {
            ReplyOutcome.Answered => 200,
            ReplyOutcome.Unavailable => 503,
            ReplyOutcome.UnknownService => 404,
            ReplyOutcome.KeyReused => 422,
            ReplyOutcome.Unknown => 502,
            _ => 500,
        };
        var end = new ResponseSigns(status, IsOfNode: true, SaysMoved: false, SaysWhenToRetry: status == 503).End;
        Arrive(attempt, end, answer.Reply, Draw());
    }

    public void OnAnswerArrives(AttemptOutcome arriving)
    {
        var (attempt, end, reply) = arriving;
        var operation = attempt.Operation;
        if (attempt.IsOver && operation.Outcome != OperationOutcome.Answered) return;
        attempt.IsOver = true;
        if (reply is { Outcome: ReplyOutcome.KeyReused })
        {
            throw new ViolationException(
                "OnceOnly", $"{operation} was refused: its key was used before with another request");
        }

        if (operation.Outcome == OperationOutcome.Pending) _cluster.Workload.OnEnded(attempt, end, reply);
        else if (reply is { Outcome: ReplyOutcome.Answered }) _cluster.Workload.AnsweredAgain(operation, reply);
    }

    public void OnAttemptOverdue(Attempt attempt)
    {
        if (attempt.IsOver) return;
        Abandon(attempt);
        if (attempt.Operation.Outcome == OperationOutcome.Pending)
            _cluster.Workload.OnEnded(attempt, AttemptEnd.Unknown, null);
    }

    /// <summary>The client waits for it no longer, and closes the connection.</summary>
    public void Abandon(Attempt attempt)
    {
        attempt.IsOver = true;
        if (!_held.Remove(attempt.Number)) return;
        _cluster.Faults.Count(FaultKind.RequestAbandoned);
        _cluster.Nodes[attempt.Gateway].Post(new NodeInput.RequestAbandoned(attempt.Number));
    }

    /// <summary>
    /// An incarnation has ended: who asked for what it had sent, and may not be sent again, is told so. The rest waits
    /// for the next one.
    /// </summary>
    public void OnIncarnationEnded(SimulatedNode node, Node ended)
    {
        foreach (var attempt in HeldBy(node.Index))
        {
            if (!ended.IsUnknown(attempt.Number)) continue;
            _held.Remove(attempt.Number);
            Arrive(attempt, AttemptEnd.Unknown, null, Draw());
        }
    }

    /// <summary>The next incarnation is asked for what is not answered.</summary>
    public void OnIncarnationBegun(SimulatedNode node)
    {
        foreach (var attempt in HeldBy(node.Index))
        {
            _cluster.Faults.Count(FaultKind.RequestSentOn);
            Ask(node, attempt);
        }
    }

    /// <summary>A node's process has gone: the connections of its clients break.</summary>
    public void OnProcessGone(int node, bool hasPower)
    {
        var delay = hasPower ? 0 : KeepAlive;
        Break(node, delay);
        foreach (var attempt in _atGate[node]) End(attempt, AttemptEnd.Unknown, delay);
        _atGate[node].Clear();
    }

    private void Consider(SimulatedNode node, Attempt attempt)
    {
        var service = attempt.Operation.Service;
        var waited = new TimeSpan(_cluster.Now - attempt.ArrivedAt);
        var asked = attempt.Version is { } version ? new ConfigurationVersion(version) : (ConfigurationVersion?)null;
        var isMisled = attempt.IsDirect && PlaceOf(node, service) == PrimaryPlace.Elsewhere;
        var known = _cluster.Streams.VersionOf(node, service);
        switch (GateRule.Of(asked, known, isMisled, waited, _cluster.Mutations))
        {
            case GateVerdict.Waits:
                if (waited == TimeSpan.Zero) _cluster.Faults.Count(FaultKind.RequestAtGate);
                _atGate[node.Index].Add(attempt);
                break;
            case GateVerdict.NotHeardOf:
                Arrive(attempt, new ResponseSigns(503, IsOfNode: true, false, SaysWhenToRetry: true).End, null, Draw());
                break;
            case GateVerdict.Moved:
                Arrive(attempt, new ResponseSigns(307, IsOfNode: true, SaysMoved: true, false).End, null, Draw());
                break;
            default:
                Admit(node, attempt);
                break;
        }
    }

    private static PrimaryPlace PlaceOf(SimulatedNode node, ServiceName service)
    {
        var core = node.Core!;
        if (core.Map.IsDecided && core.Map.Find(service) is null) return PrimaryPlace.UnknownService;
        var isHere = core.IsMember && node.OwnNow < core.LeaseUntil && core.IsPrimary(service);
        return isHere ? PrimaryPlace.Here : PrimaryPlace.Elsewhere;
    }

    private void Admit(SimulatedNode node, Attempt attempt)
    {
        attempt.Number = ++_numbers;
        attempt.Operation.Admissions++;
        attempt.HeldUntil = _cluster.Now + TimeSpan.FromMilliseconds(500 + _random.Below(3000)).Ticks;
        _held.Add(attempt.Number, attempt);
        Ask(node, attempt);
    }

    private void Ask(SimulatedNode node, Attempt attempt)
    {
        var operation = attempt.Operation;
        node.Post(new NodeInput.Requested(
            attempt.Number,
            operation.Service,
            operation.Body,
            operation.Request.IsRead,
            operation.IdempotencyKey,
            new TimeSpan(Math.Max(0, attempt.HeldUntil - _cluster.Now))));
    }

    private void Break(int node, long delay)
    {
        foreach (var attempt in HeldBy(node))
        {
            _held.Remove(attempt.Number);
            End(attempt, AttemptEnd.Unknown, delay);
        }
    }

    /// <summary>What a node has not answered, in the order in which it came.</summary>
    private List<Attempt> HeldBy(int node)
    {
        List<Attempt> held = [];
        foreach (var attempt in _held.Values)
        {
            if (attempt.Gateway == node) held.Add(attempt);
        }

        held.Sort((a, b) => a.Number.CompareTo(b.Number));
        return held;
    }

    /// <summary>An attempt ends without an answer.</summary>
    private void End(Attempt attempt, AttemptEnd end, long delay)
    {
        if (!attempt.IsOver) Arrive(attempt, end, null, delay);
    }

    private void Arrive(Attempt attempt, AttemptEnd end, Reply? reply, long delay) => _cluster.Schedule(
        delay,
        new SimulationEvent(
            EventKind.AnswerArrives, attempt.Operation.Client, Payload: new AttemptOutcome(attempt, end, reply)));

    private long Draw() => _random.Exponential(TimeSpan.FromMilliseconds(0.3)).Ticks;
}

/// <summary>The end of an attempt, on its way to its client.</summary>
internal sealed record AttemptOutcome(Attempt Attempt, AttemptEnd End, Reply? Reply);
