using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Understudy.EndToEnd.Tests;

/// <summary>
/// A client that keeps asking: when a node does not answer or says 503, it asks the next one, with the same
/// Idempotency-Key.
/// </summary>
internal sealed class ClusterClient(IReadOnlyList<Uri> nodes) : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(8) };
    private int _next;
    private int _refusals;

    /// <summary>How many attempts were refused or not answered; each was made again elsewhere.</summary>
    public int Refusals => Volatile.Read(ref _refusals);

    public Task PutAsync(string key, string value) => DoAsync(HttpMethod.Put, $"/svc/kv/keys/{key}", value);

    /// <summary>The value, or null if there is no such key.</summary>
    public Task<string?> GetAsync(string key) => DoAsync(HttpMethod.Get, $"/svc/kv/keys/{key}", null);

    public async Task<long> IncrementAsync(string key)
    {
        var answer = await DoAsync(HttpMethod.Post, $"/svc/kv/keys/{key}/increment", null);
        return long.Parse(answer!, CultureInfo.InvariantCulture);
    }

    /// <summary>One attempt at one node, without any other.</summary>
    public async Task<(HttpStatusCode Status, string Body)> TryGetAsync(Uri node, string key)
    {
        using var response = await _http.GetAsync(new Uri(node, $"/svc/kv/keys/{key}"));
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>One attempt at one node, without any other.</summary>
    public async Task<HttpStatusCode> TryPutAsync(Uri node, string key, string value)
    {
        using var content = new StringContent(value);
        using var response = await _http.PutAsync(new Uri(node, $"/svc/kv/keys/{key}"), content);
        return response.StatusCode;
    }

    /// <summary>One attempt at one node to increment under this Idempotency-Key: its status, value and ETag.</summary>
    public async Task<string> TryIncrementAsync(Uri node, string key, string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node, $"/svc/kv/keys/{key}/increment"));
        request.Headers.Add("Idempotency-Key", id);
        using var response = await _http.SendAsync(request);
        return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()} {response.Headers.ETag}";
    }

    public void Dispose() => _http.Dispose();

    private async Task<string?> DoAsync(HttpMethod method, string path, string? body)
    {
        var id = Guid.NewGuid().ToString("n");
        using var limit = new CancellationTokenSource(_patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        var last = "";
        while (!limit.IsCancellationRequested)
        {
            var node = nodes[(Interlocked.Increment(ref _next) & int.MaxValue) % nodes.Count];
            try
            {
                using var request = new HttpRequestMessage(method, new Uri(node, path));
                request.Headers.Add("Idempotency-Key", id);
                if (body is not null) request.Content = new StringContent(body);
                using var response = await _http.SendAsync(request, limit.Token);
                var text = await response.Content.ReadAsStringAsync(limit.Token);
                if (response.IsSuccessStatusCode) return text;
                if (response.StatusCode == HttpStatusCode.NotFound && method == HttpMethod.Get) return null;
                last = $"{node}: {(int)response.StatusCode} {text}";
                response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, last);
            }
            catch (Exception e) when (
                e is HttpRequestException or IOException or SocketException or OperationCanceledException)
            {
                last = $"{node}: {e.Message}";
            }

            Interlocked.Increment(ref _refusals);
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }

        throw new TimeoutException($"{method} {path} was not answered within {_patience.TotalSeconds} s: {last}");
    }
}
