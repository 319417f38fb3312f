using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Understudy.Verification;

namespace Understudy.Cli.Demo;

/// <summary>Sends kv requests to nodes' gateways, one attempt at a time. A node's failure is an outcome.</summary>
internal sealed class KvGateway : IDisposable
{
    private readonly HttpClient _http;
    private readonly IReadOnlyList<Uri> _nodes;
    private readonly TimeSpan _patience;

    /// <param name="nodes">The roots of the nodes' HTTP APIs.</param>
    /// <param name="patience">How long one attempt waits for its answer.</param>
    public KvGateway(IReadOnlyList<Uri> nodes, TimeSpan patience)
    {
        (_nodes, _patience) = (nodes, patience);
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = patience,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10),
        };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public int Nodes => _nodes.Count;

    /// <summary>The operation with its outcome, or null if this attempt got none: it is unknown.</summary>
    public async Task<KvOperation?> TryAsync(
        int node, KvOperation asked, string? idempotencyKey, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_patience);
        try
        {
            using var message = Message(_nodes[node], asked, idempotencyKey);
            using var response = await _http.SendAsync(message, limit.Token);
            return await OutcomeAsync(response, asked, limit.Token);
        }
        // A connection that is reset as it is made fails with the socket's own exception.
        catch (Exception error) when (error is HttpRequestException or IOException or SocketException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage Message(Uri node, KvOperation asked, string? idempotencyKey)
    {
        var path = $"svc/kv/keys/{Uri.EscapeDataString(asked.Key)}";
        var message = asked.Kind switch
        {
            KvOperationKind.Get => new HttpRequestMessage(HttpMethod.Get, new Uri(node, path)),
            KvOperationKind.Increment => new HttpRequestMessage(HttpMethod.Post, new Uri(node, path + "/increment")),
            KvOperationKind.Put => Put(new Uri(node, path), asked.Argument),
            KvOperationKind.CompareAndSet => CompareAndSet(new Uri(node, path), asked),
            _ => throw new ArgumentOutOfRangeException(nameof(asked)),
        };
        if (idempotencyKey is not null) message.Headers.Add("Idempotency-Key", idempotencyKey);
        return message;
    }

    private static HttpRequestMessage CompareAndSet(Uri path, KvOperation asked)
    {
        var message = Put(path, asked.Argument);
        if (asked.Expected == 0) message.Headers.TryAddWithoutValidation("If-None-Match", "*");
        else message.Headers.TryAddWithoutValidation("If-Match", $"\"{Text(asked.Expected)}\"");
        return message;
    }

    private static HttpRequestMessage Put(Uri path, long value) =>
        new(HttpMethod.Put, path) { Content = new ByteArrayContent(Encoding.ASCII.GetBytes(Text(value))) };

    private static async Task<KvOperation?> OutcomeAsync(
        HttpResponseMessage response, KvOperation asked, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.NoContent:
                var hasValue = asked.Kind is KvOperationKind.Get or KvOperationKind.Increment;
                var value = hasValue ? Number(body, asked) : 0;
                return asked with { Outcome = KvOutcome.Done, Value = value, Version = Version(response) };
            case HttpStatusCode.NotFound when asked.Kind == KvOperationKind.Get:
            case HttpStatusCode.PreconditionFailed when asked.Kind == KvOperationKind.CompareAndSet:
                return asked with { Outcome = KvOutcome.Refused, Version = Version(response) };
            case HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout:
                return null;
            default:
                throw new DemoFailedException(
                    $"a node answered {(int)response.StatusCode} to {asked.Kind} of {asked.Key}: {body}");
        }
    }

    private static long Number(string body, KvOperation asked) =>
        long.TryParse(body, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new DemoFailedException($"{asked.Key} holds \"{body}\", which no client of the demo wrote");

    // 0 where the answer names no version.
    private static long Version(HttpResponseMessage response) =>
        long.TryParse(
            response.Headers.ETag?.Tag.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : 0;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
