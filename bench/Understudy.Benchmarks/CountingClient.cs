using System.Net.Sockets;
using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>
/// A client that increments a counter of its own, each time when the last is answered: so what is there at the end
/// says whether anything was lost or made twice.
/// </summary>
/// <param name="http">Sends its requests; its base address is that of kv.</param>
/// <param name="counter">The key.</param>
/// <param name="repeats">
/// Whether it sends a request that failed again, under its own key, until it is answered. Otherwise that is left to
/// <paramref name="http"/>, and a failure counts.
/// </param>
internal sealed class CountingClient(HttpClient http, string counter, bool repeats)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new();
    private readonly List<long> _acks = [];

    /// <summary>When its changes were answered, ascending, in nanoseconds.</summary>
    public IReadOnlyList<long> Acks
    {
        get
        {
            lock (_lock) return [.. _acks];
        }
    }

    /// <summary>How many requests ended in a failure: their outcome is not known.</summary>
    public int Failed { get; private set; }

    /// <summary>Works until <paramref name="stop"/>, and then ends what it has begun.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken abort)
    {
        while (!stop.IsCancellationRequested)
        {
            if (await IncrementAsync(abort))
            {
                lock (_lock) _acks.Add(Monotonic.Nanoseconds);
            }
            else
            {
                Failed++;
            }
        }
    }

    /// <summary>What its counter has come to.</summary>
    public async Task<long> ReadBackAsync(CancellationToken stop) =>
        long.Parse(await http.GetStringAsync(Path, stop), System.Globalization.CultureInfo.InvariantCulture);

    private string Path => $"keys/{counter}";

    private async Task<bool> IncrementAsync(CancellationToken abort)
    {
        var key = repeats ? Guid.NewGuid().ToString("N") : null;
        while (true)
        {
            if (await TryAsync(key, abort)) return true;
            if (!repeats) return false;
            await Task.Delay(Pause, abort);
        }
    }

    private async Task<bool> TryAsync(string? key, CancellationToken abort)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{Path}/increment");
            if (key is not null) request.Headers.Add("Idempotency-Key", key);
            using var response = await http.SendAsync(request, abort);
            return response.IsSuccessStatusCode;
        }
        // A connection that is reset as it is made fails with the socket's own exception.
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            return false;
        }
    }
}
