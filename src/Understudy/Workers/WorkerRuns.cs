using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting;
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
    private readonly ITimer _watch;
    private readonly TaskScheduler? _scheduler;
    private readonly SortedDictionary<long, WorkerRun> _runs = [];
    private readonly Dictionary<ServiceName, Task> _latest = [];
    private readonly long _zero;
    private Action<NodeInput>? _post;
    private TimeSpan _began;
    private TimeSpan _leaseUntil;
    private TimeSpan? _killAt;
    private long _lastKey;
    private int _incarnation;
    private bool _isDisposed;

    /// <param name="catalog">Makes workers.</param>
    /// <param name="profile">How long they may take.</param>
    /// <param name="clock">Measures them.</param>
    /// <param name="fail">Ends the process: a worker did not stop in time.</param>
    /// <param name="logger">Says so.</param>
    /// <param name="killTimer">Makes what kills the process, given this object's clock; null if nothing shall.</param>
    /// <param name="scheduler">
    /// Where workers' code runs, and by the clock's timers what tells it to stop; null for the thread pool, and a
    /// thread that tells.
    /// </param>
    public WorkerRuns(
        ServiceCatalog catalog,
        Profile profile,
        TimeProvider clock,
        Action<Exception> fail,
        ILogger logger,
        Func<Func<TimeSpan>, IKillTimer?>? killTimer,
        TaskScheduler? scheduler = null)
    {
        (_catalog, _profile, _clock, _fail, _logger) = (catalog, profile, clock, fail, logger);
        _scheduler = scheduler;
        _zero = clock.GetTimestamp();
        _deadlines = new RunDeadlines(profile);
        _killTimer = killTimer?.Invoke(() => Now);
        _watch = scheduler is null
            ? new ThreadTimer(clock, OnDue)
            : clock.CreateTimer(_ => OnDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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
            foreach (var run in _runs.Values) run.Cancel(_scheduler);
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
            var earlier = _latest.GetValueOrDefault(run.Service, Task.CompletedTask);
            _latest[run.Service] = Task.Factory.StartNew(
                () => RunAsync(run, earlier),
                CancellationToken.None,
                TaskCreationOptions.DenyChildAttach,
                _scheduler ?? TaskScheduler.Default).Unwrap();
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
                run.Cancel(_scheduler);
            }

            Rearm();
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
            Rearm();
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
            await RunAsync(instance.Code, run.Stopping);
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

    /// <summary>
    /// <see cref="BackgroundService.StartAsync"/> would have it run on the thread pool. One that overrides that runs
    /// there.
    /// </summary>
    private async Task RunAsync(BackgroundService code, CancellationToken stopping)
    {
        Func<CancellationToken, Task> start = code.StartAsync;
        if (_scheduler is not null && start.Method.DeclaringType == typeof(BackgroundService))
        {
            await ExecuteAsync(code, stopping);
            return;
        }

        await start(stopping);
        if (code.ExecuteTask is { } running) await running;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    private static extern Task ExecuteAsync(BackgroundService code, CancellationToken stopping);

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
        if (killAt != _killAt) _killTimer?.SetAt(killAt);
        _killAt = killAt;
        if (_isDisposed && _runs.Count == 0) _watch.Dispose();
        else if (_deadlines.NextAt is { } next) _watch.Change(Later(next - Now), Timeout.InfiniteTimeSpan);
        else _watch.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private static TimeSpan Later(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;

    private void OnDue()
    {
        List<long> cancel = [];
        List<long> overdue = [];
        lock (_gate)
        {
            _deadlines.TakeDue(Now, cancel, overdue);
            foreach (var key in cancel) _runs[key].Cancel(_scheduler);
            foreach (var key in overdue) GiveUp(_runs[key]);
            Rearm();
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
