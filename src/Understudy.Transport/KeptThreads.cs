namespace Understudy.Transport;

/// <summary>
/// Runs pieces of work, each at once and on a thread of its own. Threads are kept for the next: to start one takes
/// longer than a probe may. As many as there are pieces of work at the same time, so whoever gives them bounds them; a
/// few of them are kept.
/// </summary>
internal sealed class KeptThreads(string name) : IDisposable
{
    /// <summary>How many wait for more work; others end.</summary>
    private const int MostIdle = 16;

    // A plain object, because threads wait on it.
    private readonly object _gate = new();
    private readonly Queue<Action> _waiting = [];
    private int _idle;
    private bool _isStopping;

    /// <summary>Begins a piece of work.</summary>
    /// <returns>False if none may begin any more.</returns>
    public bool TryRun(Action work)
    {
        lock (_gate)
        {
            if (_isStopping) return false;
            _waiting.Enqueue(work);
            if (_waiting.Count > _idle) new Thread(Work) { IsBackground = true, Name = name }.Start();
            else Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>Lets what has begun end, and then the threads.</summary>
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
        while (Next() is { } work) work();
    }

    private Action? Next()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0 && _idle >= MostIdle) return null;
            _idle++;
            while (_waiting.Count == 0 && !_isStopping) Monitor.Wait(_gate);
            _idle--;
            return _waiting.TryDequeue(out var work) ? work : null;
        }
    }
}
