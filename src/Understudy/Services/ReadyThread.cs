namespace Understudy.Services;

/// <summary>
/// Runs pieces of work off the node's loop: on a thread of its own that waits for one, or, while that is busy, on the
/// thread pool. The pool wakes a second thread for each that it wakes, and where cores are few that costs more than
/// the work; nothing ever waits for this thread to be done.
/// </summary>
internal sealed class ReadyThread
{
    private readonly object _gate = new();
    private IThreadPoolWorkItem? _next;
    private bool _isIdle;

    private ReadyThread() => new Thread(Work) { IsBackground = true, Name = "ready" }.Start();

    /// <summary>The one of this process.</summary>
    public static ReadyThread Shared { get; } = new();

    /// <summary>Runs it soon. Never waits.</summary>
    public void Run(IThreadPoolWorkItem work)
    {
        lock (_gate)
        {
            if (_isIdle)
            {
                (_isIdle, _next) = (false, work);
                Monitor.Pulse(_gate);
                return;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
    }

    private void Work()
    {
        while (true) Next().Execute();
    }

    private IThreadPoolWorkItem Next()
    {
        lock (_gate)
        {
            (_isIdle, _next) = (true, null);
            while (_next is null) Monitor.Wait(_gate);
            return _next;
        }
    }
}
