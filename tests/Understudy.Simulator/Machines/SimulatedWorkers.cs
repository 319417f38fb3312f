using System.Diagnostics;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Simulator.Faults;

namespace Understudy.Simulator.Machines;

/// <summary>
/// The workers of one simulated process: they begin late, end late when they are told to stop, sometimes never, and
/// sometimes fail. The real deadlines hold them; the kernel's timer kills the process even while it stands still.
/// </summary>
internal sealed class SimulatedWorkers(SimulatedCluster cluster, SimulatedNode node, SeededRandom random)
{
    private readonly SortedDictionary<long, SimulatedRun> _runs = [];
    private readonly List<long> _cancel = [];
    private readonly List<long> _overdue = [];
    private RunDeadlines _deadlines = new(cluster.Scenario.Cluster.Profile, cluster.Mutations);
    private long _process;
    private long _lastKey;
    private long? _watchDue;

    private enum Moment
    {
        Begin,
        Fail,
        End,
        Watch,
    }

    private TimeSpan Own => new(node.Clock.Read(cluster.Now));

    /// <summary>The node orders a run; the lease is told in the time of its incarnation.</summary>
    public void Begin(NodeEffect.RunWorker order, TimeSpan incarnationBegan)
    {
        var run = new SimulatedRun(++_lastKey, order.Service, order.Version, node.Life, order.Run);
        _deadlines.Extend(incarnationBegan + order.LeaseUntil);
        if (!_deadlines.TryBegin(run.Key, Own))
        {
            Post(run, WorkerEnd.Stopped);
            return;
        }

        _runs.Add(run.Key, run);
        Schedule(Moment.Begin, Draw(cluster.Scenario.Workers.MeanBegin), run);
        Watch();
    }

    public void Stop(NodeEffect.StopWorker order)
    {
        var run = _runs.Values.FirstOrDefault(r => r.Life == node.Life && r.Number == order.Run);
        if (run is null) return;
        _deadlines.Cancel(run.Key, Own);
        Cancel(run);
        Watch();
    }

    public void Extend(NodeEffect.ExtendRuns order, TimeSpan incarnationBegan) =>
        _deadlines.Extend(incarnationBegan + order.LeaseUntil);

    /// <summary>The incarnation has ended, the process has not.</summary>
    public void EndIncarnation()
    {
        _deadlines.EndIncarnation(Own);
        foreach (var run in _runs.Values.ToList()) Cancel(run);
        Watch();
    }

    /// <summary>The process is gone, and all that ran in it.</summary>
    public void EndProcess()
    {
        _process++;
        foreach (var run in _runs.Values.Where(r => r.IsActive)) cluster.Checkers.OnWorkerEnded(node, run);
        _runs.Clear();
        _watchDue = null;
        _deadlines = new(cluster.Scenario.Cluster.Profile, cluster.Mutations);
    }

    public void OnMoment(int moment, long process, SimulatedRun? run)
    {
        if (process != _process) return;
        if ((Moment)moment == Moment.Watch)
        {
            OnWatch();
            return;
        }

        if (!_runs.ContainsKey(run!.Key)) return;
        if (node.IsPaused)
        {
            Schedule((Moment)moment, TimeSpan.TicksPerMillisecond, run);
            return;
        }

        switch ((Moment)moment)
        {
            case Moment.Begin: OnBegin(run); break;
            case Moment.Fail when !run.IsCancelled: End(run, WorkerEnd.Failed); break;
            case Moment.Fail: break;
            case Moment.End: End(run, WorkerEnd.Stopped); break;
            default: throw new UnreachableException($"Unknown moment {moment}.");
        }
    }

    private void OnBegin(SimulatedRun run)
    {
        if (run.IsCancelled)
        {
            End(run, WorkerEnd.Stopped);
            return;
        }

        if (_runs.Values.Any(r => r.Key < run.Key && r.Service == run.Service))
        {
            Schedule(Moment.Begin, TimeSpan.TicksPerMillisecond, run); // An earlier run here ends first.
            return;
        }

        run.IsActive = true;
        cluster.Note(node.Option.Id.Value, $"worker {run.Service} runs, version {run.Version}");
        cluster.Checkers.OnWorkerStarted(node, run);
        if (cluster.IsCalm || !random.Chance(cluster.Scenario.Workers.Fail)) return;
        cluster.Faults.Count(FaultKind.WorkerFailed);
        Schedule(Moment.Fail, Draw(TimeSpan.TicksPerSecond), run);
    }

    private void End(SimulatedRun run, WorkerEnd end)
    {
        _runs.Remove(run.Key);
        _deadlines.End(run.Key);
        if (run.IsActive)
        {
            cluster.Note(node.Option.Id.Value, $"worker {run.Service} has ended, version {run.Version}");
            cluster.Checkers.OnWorkerEnded(node, run);
        }

        Post(run, end);
    }

    private void Cancel(SimulatedRun run)
    {
        if (run.IsCancelled) return;
        run.IsCancelled = true;
        if (!run.IsActive) return; // It ends when it would begin.
        if (!cluster.IsCalm && random.Chance(cluster.Scenario.Workers.Stubborn))
        {
            cluster.Faults.Count(FaultKind.WorkerStubborn);
            return;
        }

        Schedule(Moment.End, Draw(cluster.Scenario.Workers.MeanStop), run);
    }

    private void OnWatch()
    {
        _watchDue = null;
        if (_deadlines.KillAt is { } killAt && Own >= killAt)
        {
            cluster.Faults.Count(FaultKind.WorkerKilled);
            node.Die("its worker's lease has ended");
            return;
        }

        if (!node.IsPaused)
        {
            _deadlines.TakeDue(Own, _cancel, _overdue);
            var isOverdue = _overdue.Count > 0;
            foreach (var key in _cancel) Cancel(_runs[key]);
            _cancel.Clear();
            _overdue.Clear();
            if (isOverdue)
            {
                node.Die("its worker did not stop in time");
                return;
            }
        }

        Watch();
    }

    /// <summary>Has the deadlines looked at when the next one comes, or earlier.</summary>
    private void Watch()
    {
        if (_runs.Count == 0) return;
        var next = _deadlines.NextAt;
        if (_deadlines.KillAt is { } killAt && (next is null || killAt < next)) next = killAt;
        if (next is not { } at) return;
        // What stands still is looked at again and again: nothing tells when it goes on.
        var least = node.IsPaused ? TimeSpan.TicksPerMillisecond : TimeSpan.TicksPerMillisecond / 10;
        var due = cluster.Now + Math.Max(node.Clock.TrueDuration(at - Own), least);
        if (_watchDue is { } pending && pending <= due) return;
        _watchDue = due;
        cluster.ScheduleAt(due, new SimulationEvent(
            EventKind.WorkerActs, node.Index, (int)Moment.Watch, _process));
    }

    private void Post(SimulatedRun run, WorkerEnd end)
    {
        if (run.Life != node.Life) return; // Of an incarnation that has ended: nobody waits for it.
        var reason = end == WorkerEnd.Failed ? "drawn" : "";
        var input = new NodeInput.WorkerEnded(run.Service, run.Number, end, reason);
        cluster.ScheduleInput(node, Draw(TimeSpan.TicksPerMillisecond / 10), input);
    }

    private long Draw(long mean) => random.Exponential(new TimeSpan(mean)).Ticks;

    private void Schedule(Moment moment, long delay, SimulatedRun run) => cluster.Schedule(
        delay, new SimulationEvent(EventKind.WorkerActs, node.Index, (int)moment, _process, run));
}
