using System.Net;
using System.Net.Sockets;

namespace Understudy.EndToEnd.Tests;

/// <summary>
/// Writers in closed loops that ask one node only, without an Idempotency-Key, until it cannot be reached. Whatever it
/// answers must be a success.
/// </summary>
internal sealed class OneNodeLoad : IAsyncDisposable
{
    public const string Counter = "counter";

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly Uri _address;
    private readonly Task[] _writers;
    private long _answered;
    private TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public OneNodeLoad(Uri node)
    {
        _address = new Uri(node, $"/svc/kv/keys/{Counter}/increment");
        _writers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(IncrementAsync))];
    }

    /// <summary>Waits until so many increments were answered.</summary>
    public async Task GoOnAsync(int goal)
    {
        while (Interlocked.Read(ref _answered) < goal)
        {
            var progress = Volatile.Read(ref _progress);
            if (Interlocked.Read(ref _answered) >= goal) return;
            await await Task.WhenAny([progress.Task, .. _writers]);
        }
    }

    /// <summary>Waits until no writer reaches the node any more; returns how many increments were answered.</summary>
    public async Task<long> EndAsync()
    {
        await Task.WhenAll(_writers);
        return Interlocked.Read(ref _answered);
    }

    public async ValueTask DisposeAsync()
    {
        _http.CancelPendingRequests();
        await Task.WhenAll(_writers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _http.Dispose();
    }

    private async Task IncrementAsync()
    {
        while (true)
        {
            try
            {
                using var response = await _http.PostAsync(_address, null);
                response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
            }
            catch (Exception e) when (IsUntaken(e))
            {
                return;
            }

            Interlocked.Increment(ref _answered);
            Interlocked.Exchange(
                ref _progress,
                new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
    }

    /// <summary>
    /// The connection was refused; or it was reset before the node had accepted it, as those are that wait in the
    /// kernel when a listener closes. That the node took nothing from it shows in the count.
    /// </summary>
    private static bool IsUntaken(Exception e) => e switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => true,
        SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.NotConnected } => true,
        HttpRequestException or IOException => e.InnerException is { } inner && IsUntaken(inner),
        _ => false,
    };
}
