using System.Collections.Concurrent;
using System.Globalization;

namespace Understudy.EndToEnd.Tests;

/// <summary>
/// Writers in closed loops: each puts numbered values under a key of its own and increments one counter.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly ClusterClient _client;
    private readonly string _counter;
    private readonly ConcurrentDictionary<string, long> _acknowledged = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _writers;
    private long _increments;
    private TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="client">What writes.</param>
    /// <param name="writers">How many writers.</param>
    /// <param name="name">Begins the name of each key, so that several loads have keys of their own.</param>
    public Load(ClusterClient client, int writers = 4, string name = "")
    {
        _client = client;
        _counter = $"{name}counter";
        _writers =
        [
            .. Enumerable.Range(0, writers).Select(number => Task.Run(() => WriteAsync($"{name}writer{number}"))),
        ];
    }

    public long Increments => Interlocked.Read(ref _increments);

    /// <summary>Waits until so many more increments were acknowledged.</summary>
    public async Task GoOnAsync(int more)
    {
        var goal = Increments + more;
        while (Increments < goal)
        {
            var progress = Volatile.Read(ref _progress);
            if (Increments >= goal) return;
            var first = await Task.WhenAny([progress.Task, .. _writers]);
            await first; // A writer that failed says why here.
        }
    }

    /// <summary>Ends the load and checks that what was acknowledged is there, and nothing twice.</summary>
    public async Task CheckAsync(ClusterClient? reader = null)
    {
        await StopAsync();
        await ReadBackAsync(reader ?? _client);
    }

    /// <summary>Checks of a load that has ended that what was acknowledged is there, and nothing twice.</summary>
    public async Task ReadBackAsync(ClusterClient reader)
    {
        foreach (var (key, value) in _acknowledged)
            (await reader.GetAsync(key)).ShouldBe(value.ToString(CultureInfo.InvariantCulture), $"of {key}");
        (await reader.GetAsync(_counter))
            .ShouldBe(Increments.ToString(CultureInfo.InvariantCulture), $"of {_counter}");
    }

    /// <summary>Ends the load when each writer's request is answered.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_writers);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_writers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _client.Dispose();
    }

    private async Task WriteAsync(string key)
    {
        for (var value = 1L; !_stop.IsCancellationRequested; value++)
        {
            await _client.PutAsync(key, value.ToString(CultureInfo.InvariantCulture));
            _acknowledged[key] = value;
            await _client.IncrementAsync(_counter);
            Interlocked.Increment(ref _increments);
            Interlocked.Exchange(
                ref _progress,
                new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
    }
}
