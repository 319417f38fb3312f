namespace Understudy.Workers;

/// <summary>
/// A timer that calls from a thread of its own, and no later because the node's loop or the thread pool is stuck.
/// </summary>
/// <param name="clock">Measures the time.</param>
/// <param name="callback">What is called.</param>
internal sealed class ThreadTimer(TimeProvider clock, Action callback) : ITimer
{
    private readonly object _gate = new();
    private readonly long _zero = clock.GetTimestamp();
    private TimeSpan? _at;
    private Thread? _thread;
    private bool _isDisposed;

    private TimeSpan Now => clock.GetElapsedTime(_zero);

    /// <param name="dueTime">When it calls, once; infinite if never.</param>
    /// <param name="period">Is infinite.</param>
    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            _at = dueTime == Timeout.InfiniteTimeSpan ? null : Now + dueTime;
            if (_at is not null) Start();
            Monitor.PulseAll(_gate);
            return !_isDisposed;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            Monitor.PulseAll(_gate);
        }
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Start()
    {
        if (_thread is not null || _isDisposed) return;
        _thread = new Thread(Run)
        {
            Name = "worker watch",
            IsBackground = true,
            Priority = ThreadPriority.AboveNormal,
        };
        _thread.Start();
    }

    private void Run()
    {
        while (WaitUntilDue()) callback();
    }

    private bool WaitUntilDue()
    {
        lock (_gate)
        {
            while (!_isDisposed)
            {
                if (_at is not { } at) Monitor.Wait(_gate);
                else if (at > Now) Monitor.Wait(_gate, (int)Math.Ceiling((at - Now).TotalMilliseconds));
                else
                {
                    _at = null;
                    return true;
                }
            }

            return false;
        }
    }
}
