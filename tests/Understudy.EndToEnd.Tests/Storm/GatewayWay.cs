namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>
/// Any HTTP client: asks a node of its own, and another one, under the same key, only if that one is dead or silent.
/// </summary>
/// <param name="http">Shared with the other clients.</param>
/// <param name="nodes">All nodes.</param>
/// <param name="home">Which of them is asked first.</param>
internal sealed class GatewayWay(HttpClient http, IReadOnlyList<Uri> nodes, int home) : IWayIn
{
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(20);

    public string Name => "gateway";

    /// <summary>A client for all of them.</summary>
    public static HttpClient CreateClient() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(2),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public async Task<string> AskAsync(HttpMethod method, string below)
    {
        var key = Guid.NewGuid().ToString("N");
        using var deadline = new CancellationTokenSource(StormOptions.Deadline);
        for (var tried = 0; ; tried++)
        {
            if (tried > 0 && tried % nodes.Count == 0) await Task.Delay(_pause, deadline.Token);
            var node = nodes[(home + tried) % nodes.Count];
            if (await TryAsync(new Uri(node, $"/svc/kv/{below}"), method, key, deadline.Token) is { } answer)
                return answer;
        }
    }

    /// <summary>Null if the node is dead or silent.</summary>
    private async Task<string?> TryAsync(Uri uri, HttpMethod method, string key, CancellationToken deadline)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        silence.CancelAfter(_silence);
        using var request = new HttpRequestMessage(method, uri);
        if (method != HttpMethod.Get) request.Headers.Add("Idempotency-Key", key);
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, silence.Token);
        }
        catch (HttpRequestException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!deadline.IsCancellationRequested)
        {
            return null;
        }

        using (response) return await StormAnswer.ReadAsync(response);
    }
}
