using Microsoft.Extensions.Logging;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Services;

namespace Understudy.Workers;

/// <summary>
/// Runs workers for the node's loop, and holds them to their deadlines even if the loop does not turn: a thread of its
/// own tells them to stop before the view lease ends, and the kernel kills the process when it does.
/// </summary>
internal sealed partial class WorkerRuns : IDisposable
{
    private readonly object _gate = new();
    private readonly ServiceCatalog _catalog;
    private readonly Profile _profile;
    private readonly TimeProvider _clock;
    private readonly Action<Exception> _fail;
    private readonly ILogger _logger;
    private readonly IKillTimer? _killTimer;
    private readonly RunDeadlines _deadlines;
    private readonly SortedDictionary<long, WorkerRun> _runs = [];
    private readonly Dictionary<ServiceName, Task> _latest = [];
    private readonly long _zero;
    private Action<NodeInput>? _post;
    private TimeSpan _began;
    private TimeSpan _leaseUntil;
    private TimeSpan? _killAt;
    private Thread? _watch;
    private long _lastKey;
    private int _incarnation;
    private bool _isDisposed;

    /// <param name="catalog">Makes workers.</param>
    /// <param name="profile">How long they may take.</param>
    /// <param name="clock">Measures them.</param>
    /// <param name="fail">Ends the process: a worker did not stop in time.</param>
    /// <param name="logger">Says so.</param>
    /// <param name="killTimer">Makes what kills the process, given this object's clock; null if nothing shall.</param>
    public WorkerRuns(
        ServiceCatalog catalog,
        Profile profile,
        TimeProvider clock,
        Action<Exception> fail,
        ILogger logger,
        Func<Func<TimeSpan>, IKillTimer?>? killTimer)
    {
        (_catalog, _profile, _clock, _fail, _logger) = (catalog, profile, clock, fail, logger);
        _zero = clock.GetTimestamp();
        _deadlines = new RunDeadlines(profile);
        _killTimer = killTimer?.Invoke(() => Now);
    }

    private TimeSpan Now => _clock.GetElapsedTime(_zero);

    /// <summary>An incarnation begins: orders come from it, and reports go to it.</summary>
    /// <param name="post">Takes the reports.</param>
    /// <param name="startedAt">The timestamp from which it counts its time.</param>
    public void Begin(Action<NodeInput> post, long startedAt)
    {
        lock (_gate) (_post, _began, _leaseUntil) = (post, _clock.GetElapsedTime(_zero, startedAt), default);
    }

    /// <summary>The incarnation has ended: its runs are told to stop, and get no more time.</summary>
    public void EndIncarnation()
    {
        lock (_gate)
        {
            _incarnation++;
            _deadlines.EndIncarnation(Now);
            foreach (var run in _runs.Values) run.Cancel();
            Rearm();
        }
    }

    public void Run(NodeEffect.RunWorker order)
    {
        lock (_gate)
        {
            var token = new FencingToken(order.Lineage, order.Version);
            var run = new WorkerRun(++_lastKey, order.Service, order.Kind, order.Run, _incarnation, token);
            _leaseUntil = _began + order.LeaseUntil;
            _deadlines.Extend(_leaseUntil);
            if (!_deadlines.TryBegin(run.Key, Now))
            {
                Post(run, WorkerEnd.Stopped, "");
                return;
            }

            _runs.Add(run.Key, run);
            Rearm(); // Before any of its code can run.
            StartWatch();
            var earlier = _latest.GetValueOrDefault(run.Service, Task.CompletedTask);
            _latest[run.Service] = Task.Run(() => RunAsync(run, earlier));
        }
    }

    public void Stop(NodeEffect.StopWorker order)
    {
        lock (_gate)
        {
            foreach (var run in _runs.Values)
            {
                if (run.Incarnation != _incarnation || run.Number != order.Run) continue;
                _deadlines.Cancel(run.Key, Now);
                run.Cancel();
            }

            Monitor.PulseAll(_gate);
        }
    }

    public void Extend(NodeEffect.ExtendRuns order)
    {
        lock (_gate)
        {
            _leaseUntil = _began + order.LeaseUntil;
            _deadlines.Extend(_leaseUntil);
            Rearm();
        }
    }

    /// <summary>Whoever still runs must end; the process is killed by its time all the same.</summary>
    public void Dispose()
    {
        EndIncarnation();
        lock (_gate)
        {
            _isDisposed = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Earlier runs of the service, of an incarnation that has ended, come to their end first.</summary>
    private async Task RunAsync(WorkerRun run, Task earlier)
    {
        await earlier;
        var (end, reason) = run.Stopping.IsCancellationRequested
            ? (WorkerEnd.Stopped, "")
            : await ExecuteAsync(run);
        try
        {
            lock (_gate)
            {
                _runs.Remove(run.Key);
                _deadlines.End(run.Key);
                Rearm();
                Post(run, end, reason);
            }
        }
#pragma warning disable CA1031 // The kernel refused to switch its timer off: it would kill the process soon anyway.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _fail(e);
        }
    }

    private async Task<(WorkerEnd End, string Reason)> ExecuteAsync(WorkerRun run)
    {
        WorkerInstance? instance = null;
        Exception? failure = null;
        try
        {
            instance = _catalog.CreateWorker(
                run.Kind, new WorkerContext(run.Service, run.Token, () => MayAct(run), run.Stopping));
            await instance.Code.StartAsync(run.Stopping);
            if (instance.Code.ExecuteTask is { } running) await running;
        }
        catch (OperationCanceledException) when (run.Stopping.IsCancellationRequested)
        {
            failure = null; // It has done as it was told.
        }
#pragma warning disable CA1031 // Whatever a worker throws ends its run, not the node.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }

        failure = await CloseAsync(instance) ?? failure;
        if (failure is null)
            return (run.Stopping.IsCancellationRequested ? WorkerEnd.Stopped : WorkerEnd.Completed, "");
        if (!run.Stopping.IsCancellationRequested)
            return (WorkerEnd.Failed, $"it threw {failure.GetType().Name}: {failure.Message}");
        LogThrewAtStop(_logger, run.Service, failure);
        return (WorkerEnd.Stopped, "");
    }

    private static async Task<Exception?> CloseAsync(WorkerInstance? instance)
    {
        if (instance is null) return null;
        try
        {
            await instance.Code.StopAsync(CancellationToken.None);
            instance.Code.Dispose();
            if (instance.Scope is { } scope) await scope.DisposeAsync();
            return null;
        }
#pragma warning disable CA1031 // As above; a worker whose run failed may throw the same again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return e;
        }
    }

    private bool MayAct(WorkerRun run)
    {
        lock (_gate)
        {
            return run.Incarnation == _incarnation && !run.Stopping.IsCancellationRequested && Now < _leaseUntil;
        }
    }

    private void Post(WorkerRun run, WorkerEnd end, string reason)
    {
        if (run.Incarnation == _incarnation)
            _post?.Invoke(new NodeInput.WorkerEnded(run.Service, run.Number, end, reason));
    }

    private void Rearm()
    {
        var killAt = _deadlines.KillAt;
        if (killAt == _killAt) return;
        _killAt = killAt;
        _killTimer?.SetAt(killAt);
        Monitor.PulseAll(_gate);
    }

    private void StartWatch()
    {
        if (_watch is not null) return;
        _watch = new Thread(Watch)
        {
            Name = "worker watch",
            IsBackground = true,
            Priority = ThreadPriority.AboveNormal,
        };
        _watch.Start();
    }

    private void Watch()
    {
        List<long> cancel = [];
        List<long> overdue = [];
        lock (_gate)
        {
            while (!_isDisposed || _runs.Count > 0)
            {
                if (_deadlines.NextAt is not { } next) Monitor.Wait(_gate);
                else if (next > Now) Monitor.Wait(_gate, (int)Math.Ceiling((next - Now).TotalMilliseconds));
                _deadlines.TakeDue(Now, cancel, overdue);
                foreach (var key in cancel) _runs[key].Cancel();
                foreach (var key in overdue) GiveUp(_runs[key]);
                cancel.Clear();
                overdue.Clear();
            }
        }
    }

    private void GiveUp(WorkerRun run)
    {
        var words = $"The worker {run.Service} was told to stop and has not stopped. The process ends, so that another "
            + "node can run it. Have its ExecuteAsync return when its token is cancelled.";
        LogGivenUp(_logger, words);
        _fail(new TimeoutException(words));
    }
}
