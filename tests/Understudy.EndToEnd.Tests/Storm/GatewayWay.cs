using System.Net;
using System.Net.Sockets;

namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>
/// Any HTTP client: asks a node of its own, and another one only if that one is dead or silent, under the same key. One
/// without keys asks another one only if the first certainly has not taken its change.
/// </summary>
/// <param name="http">Shared with the other clients.</param>
/// <param name="nodes">All nodes.</param>
/// <param name="home">Which of them is asked first.</param>
/// <param name="service">The service.</param>
/// <param name="hasKeys">Whether changes get an <c>Idempotency-Key</c>.</param>
internal sealed class GatewayWay(HttpClient http, IReadOnlyList<Uri> nodes, int home, string service, bool hasKeys)
    : IWayIn
{
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(20);

    public string Name => service == ForeignPrograms.Service ? service : hasKeys ? "gateway" : "keyless";

    public string Service => service;

    public bool MayRepeat => hasKeys;

    /// <summary>A client for all of them.</summary>
    public static HttpClient CreateClient() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(2),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public async Task<string> AskAsync(HttpMethod method, string below, string? body)
    {
        var key = Guid.NewGuid().ToString("N");
        using var deadline = new CancellationTokenSource(StormOptions.Deadline);
        using var pace = new PeriodicTimer(_pause);
        for (var tried = 0; ; tried++)
        {
            if (tried > 0 && tried % nodes.Count == 0) await pace.WaitForNextTickAsync(deadline.Token);
            var node = nodes[(home + tried) % nodes.Count];
            using var request = new HttpRequestMessage(method, new Uri(node, $"/svc/{service}/{below}"));
            var isChange = method != HttpMethod.Get;
            // .NET sends a request without content again by itself, with or without a key.
            if (isChange) request.Content = new StringContent(body ?? "");
            if (isChange && hasKeys) request.Headers.Add("Idempotency-Key", key);
            try
            {
                return await TryAsync(request, deadline.Token);
            }
            catch (Exception e) when (IsDeadOrSilent(e) && !deadline.IsCancellationRequested)
            {
                if (isChange && !hasKeys && !IsUnsent(e)) throw new UnknownOutcomeException(node, e);
            }
            catch (HttpRequestException e) when (isChange && !hasKeys && IsUnknown(e))
            {
                throw new UnknownOutcomeException(node, e) { IsTold = true };
            }
        }
    }

    private async Task<string> TryAsync(HttpRequestMessage request, CancellationToken deadline)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        silence.CancelAfter(_silence);
        using var response = await http.SendAsync(request, silence.Token);
        return await StormAnswer.ReadAsync(response);
    }

    private static bool IsDeadOrSilent(Exception e) =>
        e is OperationCanceledException or HttpRequestException { StatusCode: null } or SocketException;

    /// <summary>A node says so, in a problem document.</summary>
    private static bool IsUnknown(HttpRequestException e) =>
        e.StatusCode == HttpStatusCode.BadGateway && e.Message.Contains("is not known.", StringComparison.Ordinal);

    /// <summary>A bare SocketException is of a connection that was closed while it was made.</summary>
    private static bool IsUnsent(Exception e) =>
        e is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } or SocketException;
}
