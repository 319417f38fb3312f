using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Services;
using Understudy.Simulator.Faults;

namespace Understudy.Simulator.Machines;

/// <summary>
/// One service's code on one node: the real executor, run as events. How long its code takes and how late it reports
/// is drawn; sometimes it hangs.
/// </summary>
internal sealed class SimulatedProvider
{
    private readonly SimulatedCluster _cluster;
    private readonly SimulatedNode _node;
    private readonly SeededRandom _random;
    private readonly ServiceName _service;
    private readonly SimulatedService _code;
    private readonly Queue<Action> _beside = new();
    private long _lastReportAt;

    public SimulatedProvider(SimulatedCluster cluster, SimulatedNode node, ServiceName service, SeededRandom random)
    {
        (_cluster, _node, _service, _random) = (cluster, node, service, random);
        _code = new SimulatedService(cluster, node, this, random);
        Executor = new ServiceExecutor(service, _code, Post, Wake, new SimulatedTime(cluster, node), cluster.Mutations)
        {
            Beside = work =>
            {
                _beside.Enqueue(work);
                Wake();
            },
        };
    }

    public ServiceExecutor Executor { get; }

    public ServiceName Service => _service;

    /// <summary>What damaged its state, each with the last checkpoint that it contained then.</summary>
    public IReadOnlyList<(long Id, long After)> Damages => _code.Damages;

    /// <summary>Its state becomes another than it was.</summary>
    public void Damage() => _code.Damage(_cluster.NextDamage(), Executor.Position);

    /// <summary>A hash of its state.</summary>
    public UInt128 Digest => Executor.DigestAsync().AsTask().GetAwaiter().GetResult();

    public void OnRun(long life)
    {
        if (life != _node.Life) return;
        if (_node.IsPaused)
        {
            _cluster.Schedule(TimeSpan.TicksPerMillisecond, Event());
            return;
        }

        if (_beside.TryDequeue(out var work))
        {
            work();
            return;
        }

        var run = Executor.RunAsync().AsTask();
        Invariant.Holds(run.IsCompleted, "The simulator runs code that waits for nothing");
        run.GetAwaiter().GetResult();
    }

    private void Wake()
    {
        var delay = Draw(_cluster.Scenario.Services.MeanCall);
        if (!_cluster.IsCalm && _random.Chance(_cluster.Scenario.Services.Stall))
        {
            delay += _cluster.DrawFaultLength(_random, 400);
            _cluster.Faults.Count(FaultKind.ServiceStalled);
        }

        _cluster.Schedule(delay, Event());
    }

    private void Post(ServiceReport report)
    {
        _lastReportAt = Math.Max(_lastReportAt, _cluster.Now + Draw(_cluster.Scenario.Services.MeanReport));
        _cluster.ScheduleInput(_node, _lastReportAt - _cluster.Now, new NodeInput.Reported(_service, report));
    }

    private long Draw(long mean) =>
        mean == 0 ? 0 : _random.Exponential(new TimeSpan(_cluster.IsCalm ? Math.Min(mean, 10_000) : mean)).Ticks;

    private SimulationEvent Event() =>
        new(EventKind.ServiceRuns, _node.Index, Number: _node.Life, Payload: this);
}
