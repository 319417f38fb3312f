namespace Understudy.Transport;

/// <summary>
/// Runs probes, each at once. Threads are kept for the next probe: to start one takes longer than an attempt. Bounded
/// by the number of probes that are asked for at the same time, about one for each peer.
/// </summary>
internal sealed class ProbeThreads : IDisposable
{
    // A plain object, because threads wait on it.
    private readonly object _gate = new();
    private readonly Queue<Action> _waiting = [];
    private int _idle;
    private bool _isStopping;

    /// <summary>Begins a probe.</summary>
    /// <returns>False if none may begin any more.</returns>
    public bool TryRun(Action probe)
    {
        lock (_gate)
        {
            if (_isStopping) return false;
            _waiting.Enqueue(probe);
            if (_waiting.Count > _idle) new Thread(Work) { IsBackground = true, Name = "probe" }.Start();
            else Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>Lets the probes that have begun end, and then the threads.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Work()
    {
        while (Next() is { } probe) probe();
    }

    private Action? Next()
    {
        lock (_gate)
        {
            _idle++;
            while (_waiting.Count == 0 && !_isStopping) Monitor.Wait(_gate);
            _idle--;
            return _waiting.TryDequeue(out var probe) ? probe : null;
        }
    }
}
