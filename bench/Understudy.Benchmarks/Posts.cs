using System.Net.Sockets;

namespace Understudy.Benchmarks;

/// <summary>The ways in which a client has one change made. Each gives false if it failed.</summary>
internal static class Posts
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan HedgeAfter = TimeSpan.FromMilliseconds(10);

    /// <summary>Sends it once, without a key: what is to be repeated is the client's own affair.</summary>
    public static Task<bool> OnceAsync(HttpClient client, string path, CancellationToken abort) =>
        TryAsync(client, path, null, abort);

    /// <summary>Sends it with a key to one node until it is answered.</summary>
    public static async Task<bool> UntilAnsweredAsync(HttpClient node, string path, CancellationToken abort)
    {
        var key = NewKey();
        while (!await TryAsync(node, path, key, abort)) await Task.Delay(Pause, abort);
        return true;
    }

    /// <summary>
    /// Sends it with a key to one node, and to all when that fails or is late, until one has answered: what a failover
    /// costs a client that has to learn nothing.
    /// </summary>
    public static async Task<bool> EverywhereAsync(
        IReadOnlyList<HttpClient> nodes, string path, CancellationToken abort)
    {
        var key = NewKey();
        while (true)
        {
            var first = TryAsync(nodes[0], path, key, abort);
            if (await Task.WhenAny(first, Task.Delay(HedgeAfter, abort)) == first && await first) return true;
            List<Task<bool>> attempts = [first, .. nodes.Skip(1).Select(node => TryAsync(node, path, key, abort))];
            while (attempts.Count > 0)
            {
                var ended = await Task.WhenAny(attempts);
                if (await ended) return true; // The others end by themselves: the key makes them harmless.
                attempts.Remove(ended);
            }

            await Task.Delay(Pause, abort);
        }
    }

    private static string NewKey() => Guid.NewGuid().ToString("N");

    private static async Task<bool> TryAsync(HttpClient client, string path, string? key, CancellationToken abort)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path);
            if (key is not null) request.Headers.Add("Idempotency-Key", key);
            using var response = await client.SendAsync(request, abort);
            return response.IsSuccessStatusCode;
        }
        // A connection that is reset as it is made fails with the socket's own exception.
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            return false;
        }
    }
}
