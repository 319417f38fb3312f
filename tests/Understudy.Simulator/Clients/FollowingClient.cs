using System.Diagnostics;
using Understudy.Client.Protocol;
using Understudy.Contracts;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Simulator.Faults;

namespace Understudy.Simulator.Clients;

/// <summary>
/// A client of the client library: the library's own cores decide where it asks, when it asks again or waits, which
/// requests get keys, and which nodes' streams it hears. It does what they say, as the library's shell does.
/// </summary>
internal sealed class FollowingClient : SimulatedClient
{
    private readonly SimulatedCluster _cluster;
    private readonly Workload _workload;
    private readonly int _number;
    private readonly bool _isDirect;
    private readonly ClientMutation _mutations;
    private readonly ClusterView _view;
    private readonly StreamPlan[] _plans = [new(mayHearTheOnlyNode: true), new(mayHearTheOnlyNode: false)];
    private readonly bool[] _awaitsNode = new bool[2];
    private RequestPlan? _plan;
    private ClientOperation? _operation;
    private Attempt? _attempt;

    /// <param name="cluster">The cluster.</param>
    /// <param name="workload">What it is to ask.</param>
    /// <param name="number">Its number among the clients.</param>
    /// <param name="configured">The nodes that it is given.</param>
    /// <param name="isDirect">Whether its requests are for the primary itself.</param>
    public FollowingClient(
        SimulatedCluster cluster, Workload workload, int number, IEnumerable<int> configured, bool isDirect)
    {
        (_cluster, _workload, _number, _isDirect) = (cluster, workload, number, isDirect);
        _mutations = MutationsOf(cluster.Mutations);
        _view = new ClusterView(configured.Select(cluster.Streams.AddressOf), _mutations);
        for (var ear = 0; ear < _plans.Length; ear++) cluster.Schedule(0, Due(ear));
    }

    public override string? KeyOf(bool isRead, bool isWithoutKey, string key) =>
        Repetitions.Of(isRead, hasKey: false, canBeKept: true, !isWithoutKey) == Repetition.WithNewKey ? key : null;

    public override void Begin(ClientOperation operation)
    {
        _operation = operation;
        _plan = new RequestPlan(
            operation.Service.Value, operation.MayBeSentAgain, new TimeSpan(operation.GiveUpAt), mutations: _mutations);
        _workload.ScheduleTimeout(operation);
        Follow();
    }

    public override void OnWake(ClientOperation operation)
    {
        if (_plan is null) Begin(operation);
        else if (_attempt is null) Follow();
    }

    public override void OnEnded(Attempt attempt, AttemptEnd end, Reply? reply)
    {
        if (attempt != _attempt) return;
        _attempt = null;
        if (end == AttemptEnd.Moved) _cluster.Faults.Count(FaultKind.RequestMoved);
        if (_plan!.Ended(attempt.Step!, end, _view)) Follow();
        else if (reply is { Outcome: ReplyOutcome.Answered }) _workload.Answered(attempt.Operation, reply);
        else GiveUp();
    }

    public override void OnTimeout(ClientOperation operation)
    {
        Abandon();
        GiveUp();
    }

    public override void OnLeave(Attempt attempt)
    {
        if (attempt == _attempt) Leave(attempt);
    }

    public override void OnOver() => (_operation, _plan, _attempt) = (null, null, null);

    /// <summary>It is time for a stream to be listened to.</summary>
    public void OnStreamDue(int ear)
    {
        switch (_plans[ear].Next(_view, _plans[1 - ear].Heard))
        {
            case StreamStep.Listen listen: _cluster.Streams.Open(this, ear, listen); break;
            case StreamStep.Pause pause: _cluster.Schedule(pause.Length.Ticks, Due(ear)); break;
            case StreamStep.AwaitNode: _awaitsNode[ear] = true; break;
            default: throw new UnreachableException("Unknown step of a stream.");
        }
    }

    public void OnTold(int ear, ServiceMapDocument told)
    {
        _plans[ear].Told();
        if (!_view.Take(told)) return;
        foreach (var entry in told.Services) _cluster.Checkers.OnHeard(_number, entry.Name, entry.Version);
        for (var other = 0; other < _plans.Length; other++)
        {
            if (!_awaitsNode[other]) continue;
            _awaitsNode[other] = false;
            OnStreamDue(other);
        }

        if (_plan is null) return;
        if (_attempt is null) _workload.WakeNow(_number);
        else LeaveIfMoved(_attempt);
    }

    public void OnStreamEnded(int ear)
    {
        _plans[ear].Ended(_view);
        OnStreamDue(ear);
    }

    /// <summary>The client's mutants have the simulator's names.</summary>
    private static ClientMutation MutationsOf(Mutation mutations) =>
        ((mutations & Mutation.UnsafeResend) != 0 ? ClientMutation.UnsafeResend : ClientMutation.None)
        | ((mutations & Mutation.OldEventTaken) != 0 ? ClientMutation.OldEventTaken : ClientMutation.None);

    private SimulationEvent Due(int ear) => new(EventKind.StreamDue, _number, ear, Payload: this);

    private void Follow()
    {
        switch (_plan!.Next(_view, new TimeSpan(_cluster.Now)))
        {
            case RequestStep.Send send: Send(send); break;
            case RequestStep.Wait wait: _workload.WakeAfter(_number, wait.AtMost.Ticks); break;
            case RequestStep.GiveUp: GiveUp(); break;
            default: throw new UnreachableException("Unknown step of a request.");
        }
    }

    private void Send(RequestStep.Send send)
    {
        _attempt = new Attempt(_operation!, _cluster.Streams.NodeAt(send.Url))
        {
            Version = send.Version,
            IsDirect = _isDirect && send.IsPrimary,
            Step = send,
        };
        _cluster.Http.Send(_attempt);
    }

    private void LeaveIfMoved(Attempt attempt)
    {
        if (attempt.IsBeingLeft || !_plan!.HasMovedFrom(attempt.Step!, _view)) return;
        attempt.IsBeingLeft = true;
        var patience = RequestPlan.PatienceWith(attempt.Step!).Ticks;
        if (patience == 0) Leave(attempt);
        else _cluster.Schedule(patience, new SimulationEvent(EventKind.ClientLeaves, _number, Payload: attempt));
    }

    private void Leave(Attempt attempt)
    {
        _cluster.Faults.Count(FaultKind.RequestLeft);
        Abandon();
        if (_plan!.Ended(attempt.Step!, AttemptEnd.Unknown, _view)) Follow();
        else GiveUp();
    }

    private void Abandon()
    {
        if (_attempt is not null) _cluster.Http.Abandon(_attempt);
        _attempt = null;
    }

    /// <summary>The library gives the last failure to its caller, which asks again if it must be answered.</summary>
    private void GiveUp()
    {
        var operation = _operation!;
        if (operation.IsReadBack)
        {
            throw new ViolationException("Convergence", $"the client library gave {operation} up in a healed cluster");
        }

        if (!operation.MayBeSentAgain || !_cluster.IsCalm || _workload.MustGiveUp(operation))
        {
            _workload.End(operation);
            return;
        }

        _plan = null;
        operation.GiveUpAt = _cluster.Now + TimeSpan.FromSeconds(10).Ticks;
        _workload.WakeAfterBackoff(_number);
    }
}
