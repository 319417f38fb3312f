using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>
/// A client that increments a counter of its own, each time when the last is answered: so what is there at the end
/// says whether anything was lost or made twice.
/// </summary>
/// <param name="counter">The key.</param>
/// <param name="increment">Increments it, given its path; false if it failed.</param>
internal sealed class CountingClient(string counter, Func<string, CancellationToken, Task<bool>> increment)
{
    private readonly Lock _lock = new();
    private readonly List<long> _acks = [];

    /// <summary>Its counter's path below kv's address.</summary>
    public string Path => $"keys/{counter}";

    /// <summary>When its changes were answered, ascending, in nanoseconds.</summary>
    public IReadOnlyList<long> Acks
    {
        get
        {
            lock (_lock) return [.. _acks];
        }
    }

    /// <summary>When the last one was answered; 0 before the first.</summary>
    public long LastAck
    {
        get
        {
            lock (_lock) return _acks.Count == 0 ? 0 : _acks[^1];
        }
    }

    /// <summary>How many requests ended in a failure: their outcome is not known.</summary>
    public int Failed { get; private set; }

    /// <summary>Works until <paramref name="stop"/>, and then ends what it has begun.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken abort)
    {
        while (!stop.IsCancellationRequested)
        {
            if (await increment($"{Path}/increment", abort))
            {
                lock (_lock) _acks.Add(Monotonic.Nanoseconds);
            }
            else
            {
                Failed++;
            }
        }
    }
}
