using Understudy.Kernel;

namespace Understudy.Testing.Machines;

/// <summary>
/// The time of a test cluster, and the one thread that everything happens on: first all that is ready, in order, then
/// what is due next. It passes only when nothing is ready.
/// </summary>
internal sealed class VirtualTime
{
    private readonly object _gate = new();
    private readonly Queue<Action> _ready = new();
    private readonly PriorityQueue<Action, (long At, long Sequence)> _due = new();
    private long _now;
    private long _sequence;
    private int _standing;

    /// <summary>How long the cluster has existed.</summary>
    public TimeSpan Now => new(Interlocked.Read(ref _now));

    /// <summary>Time does not pass this.</summary>
    public TimeSpan Limit { get; set; } = TimeSpan.MaxValue;

    /// <summary>Has an action run as soon as what is ready before it has. From any thread.</summary>
    public void Post(Action action)
    {
        lock (_gate)
        {
            _ready.Enqueue(action);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Has an action run after a delay. On the time's own thread only.</summary>
    public void After(TimeSpan delay, Action action)
    {
        var ticks = Math.Min(Math.Max(0, delay.Ticks), long.MaxValue - _now);
        _due.Enqueue(action, (_now + ticks, ++_sequence));
    }

    /// <summary>Time does not pass until as many calls of <see cref="GoOn"/> follow.</summary>
    public void StandStill() => Post(() => _standing++);

    public void GoOn() => Post(() => _standing--);

    /// <summary>Lets things happen until something is so.</summary>
    /// <exception cref="TimeoutException">It is not so when the limit is reached.</exception>
    public void RunUntil(Func<bool> isSo)
    {
        while (!isSo())
        {
            if (TakeReady() is { } ready)
            {
                ready();
                continue;
            }

            var isAny = _due.TryPeek(out _, out var next);
            Invariant.Holds(isAny, "A test cluster: something is always due, for nodes are ticked");
            if (next.At > Limit.Ticks)
            {
                throw new TimeoutException(
                    $"The test has not ended when the cluster's time was {Limit.TotalSeconds:0} s. What it awaits does "
                    + "not happen; or give it more time by UnderstudyTestOptions.TimeLimit.");
            }

            Interlocked.Exchange(ref _now, next.At);
            _due.Dequeue()();
        }
    }

    private Action? TakeReady()
    {
        lock (_gate)
        {
            while (true)
            {
                if (_ready.TryDequeue(out var action)) return action;
                if (_standing == 0) return null;
                Monitor.Wait(_gate);
            }
        }
    }
}
