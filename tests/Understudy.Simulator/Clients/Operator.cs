using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Faults;

namespace Understudy.Simulator.Clients;

/// <summary>
/// An operator who gives drawn commands through drawn nodes at drawn times; after the faults everything that was held
/// or drained takes part again.
/// </summary>
internal sealed class Operator
{
    private readonly SimulatedCluster _cluster;
    private readonly SeededRandom _random;
    private readonly Dictionary<long, OperatorCommand> _given = [];
    private readonly Queue<OperatorCommand> _peace = new();
    private readonly HashSet<ServiceName> _recovered = [];
    private long _number;
    private long _keys;
    private bool _isWaiting;
    private long _repeatAt;
    private long _auditAt;

    public Operator(SimulatedCluster cluster, SeededRandom random)
    {
        (_cluster, _random) = (cluster, random);
        if (cluster.Scenario.CommandEvery > 0) ScheduleNext();
    }

    /// <summary>Whether an operator ever asked for a failover: then primaries may move without being frozen.</summary>
    public bool HasFailedOver { get; private set; }

    /// <summary>Whether an operator ever let a service go on without what is lost.</summary>
    public bool HasRecovered(ServiceName service) => _recovered.Contains(service);

    /// <summary>Whether everything that was said after the faults has been answered.</summary>
    public bool IsIdle => _peace.Count == 0 && !_isWaiting;

    public void OnAct()
    {
        if (_cluster.IsCalm) Repeat();
        else Act();
    }

    /// <summary>No more commands but those that end what was held, drained, excluded or stopped.</summary>
    public void MakePeace()
    {
        if (_cluster.Scenario.CommandEvery == 0) return;
        _peace.Enqueue(new OperatorCommand.Resume(null));
        foreach (var node in _cluster.Nodes) _peace.Enqueue(new OperatorCommand.Undrain(node.Option.Id));
        foreach (var service in _cluster.Scenario.Cluster.Services)
        {
            _peace.Enqueue(new OperatorCommand.Resume(service.Name));
            foreach (var node in _cluster.Nodes)
            {
                if (node.Option.Kind == NodeKind.Witness) continue;
                _peace.Enqueue(new OperatorCommand.AddProvider(service.Name, node.Option.Id));
            }
        }

        // What was commanded before may still be held by a gateway, and must not come after what undoes it.
        Begin(TimeSpan.TicksPerSecond * 4);
    }

    /// <summary>After the faults: what the cluster waits for, if nothing else is being said.</summary>
    public void Say(OperatorCommand command)
    {
        if (!IsIdle) return;
        _peace.Enqueue(command);
        Begin(1);
    }

    private void Begin(long delay)
    {
        _isWaiting = true;
        _repeatAt = _cluster.Now + delay;
        _cluster.Schedule(delay, new SimulationEvent(EventKind.OperatorActs));
    }

    /// <summary>Asks for an audit of a service, now and then.</summary>
    public void Audit(ServiceName service)
    {
        if (_cluster.Now < _auditAt) return;
        _auditAt = _cluster.Now + (TimeSpan.TicksPerSecond * 2);
        Give(new OperatorCommand.Audit(service));
    }

    public void OnAnswer(NodeEffect.AnswerCommand told)
    {
        if (!_given.Remove(told.Number, out var command))
        {
            throw new ViolationException("OnceOnly", $"{told} is the second answer to a command");
        }

        _cluster.Note("operator", $"{command}: {told.Told.Outcome}: {told.Told.Text}");
        _cluster.Hash.Add((ulong)told.Told.Outcome);
        // What was given twice is answered twice: the second answer says nothing of the command after it.
        if (!_cluster.IsCalm || !_peace.TryPeek(out var present) || !ReferenceEquals(command, present)) return;
        // What is not lost any more need not be recovered.
        var isOver = told.Told.Outcome is CommandOutcome.Done or CommandOutcome.Accepted
            || (told.Told.Outcome is CommandOutcome.Refused && command is OperatorCommand.Recover);
        if (!isOver) return;
        _peace.Dequeue();
        _isWaiting = _peace.Count > 0;
        _repeatAt = _cluster.Now + 1;
        if (_isWaiting) _cluster.Schedule(1, new SimulationEvent(EventKind.OperatorActs));
    }

    private void Repeat()
    {
        if (_cluster.Now < _repeatAt || !_peace.TryPeek(out var next)) return;
        _repeatAt = _cluster.Now + (TimeSpan.TicksPerSecond * 2);
        Give(next);
        // A node that dies meanwhile answers nothing.
        _cluster.Schedule(TimeSpan.TicksPerSecond * 2, new SimulationEvent(EventKind.OperatorActs));
    }

    private void Act()
    {
        var services = _cluster.Scenario.Cluster.Services;
        var service = services[_random.Below(services.Length)];
        var command = Draw(service, _cluster.Nodes[_random.Below(_cluster.Nodes.Length)].Option.Id);
        if (command is OperatorCommand.Failover) HasFailedOver = true;
        _cluster.Faults.Count(FaultKind.CommandGiven);
        _cluster.Workload.Stir();
        Give(command);
        _cluster.OnCommanded();
        ScheduleNext();
    }

    private void Give(OperatorCommand command)
    {
        var gateway = _cluster.Nodes[_random.Below(_cluster.Nodes.Length)];
        if (gateway.Core is null) return;
        if (command is OperatorCommand.Recover recover) _recovered.Add(recover.Service);
        _given.Add(++_number, command);
        _cluster.Note("operator", $"{command} through {gateway.Option.Id}");
        var key = _random.Chance(0.5) ? $"command-{++_keys}" : null;
        gateway.Post(new NodeInput.CommandGiven(_number, command, key, TimeSpan.FromSeconds(2)));
    }

    private OperatorCommand Draw(ServiceDefinition service, NodeId node) => _random.Below(18) switch
    {
        0 => new OperatorCommand.Drain(node),
        1 => new OperatorCommand.Undrain(node),
        2 => new OperatorCommand.Hold(_random.Chance(0.3) ? null : service.Name),
        3 => new OperatorCommand.Resume(_random.Chance(0.5) ? null : service.Name),
        4 => new OperatorCommand.RemoveProvider(service.Name, node),
        5 => new OperatorCommand.AddProvider(service.Name, node),
        6 => new OperatorCommand.Abort(service.Name),
        7 => _random.Chance(0.2)
            ? new OperatorCommand.Failover(service.Name, AcceptsLoss: true)
            : new OperatorCommand.Switchover(service.Name, null),
        14 => new OperatorCommand.Audit(service.Name),
        16 => new OperatorCommand.Switchover(OperatorCommand.Rm, _random.Chance(0.5) ? null : node),
        17 => _random.Chance(0.3)
            ? new OperatorCommand.Abort(OperatorCommand.Rm)
            : new OperatorCommand.Switchover(OperatorCommand.Rm, node),
        8 => new OperatorCommand.ChangeService(service with
        {
            Restarts = _random.Below(3),
            Preferred = [.. _cluster.Nodes.Where(_ => _random.Chance(0.3)).Select(n => n.Option.Id)],
        }),
        9 => new OperatorCommand.Release(node),
        10 => new OperatorCommand.Recover(service.Name, _random.Chance(0.3) ? node : null, AcceptsLoss: true),
        _ => new OperatorCommand.Switchover(service.Name, _random.Chance(0.3) ? null : node),
    };

    private void ScheduleNext() => _cluster.Schedule(
        _random.Exponential(new TimeSpan(_cluster.Scenario.CommandEvery)).Ticks + TimeSpan.TicksPerMillisecond,
        new SimulationEvent(EventKind.OperatorActs));
}
