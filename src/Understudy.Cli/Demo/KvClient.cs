using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Understudy.Verification;

namespace Understudy.Cli.Demo;

/// <summary>
/// What the demo's clients ask <c>kv</c> with: an <see cref="HttpClient"/> that follows its primary. The library gives
/// each change its key and sends it again until it is answered, so none of them knows of nodes or faults.
/// </summary>
internal sealed class KvClient : IDisposable
{
    private readonly ServiceProvider _services;
    private readonly HttpClient _http;

    /// <param name="nodes">The roots of the nodes' HTTP APIs.</param>
    /// <param name="patience">How long a request is tried until its outcome counts as unknown.</param>
    public KvClient(IReadOnlyList<Uri> nodes, TimeSpan patience)
    {
        var services = new ServiceCollection();
        services.AddHttpClient("kv", client => client.Timeout = Timeout.InfiniteTimeSpan)
            .FollowPrimary("kv", [.. nodes.Select(node => node.ToString())], options => options.HoldFor = patience);
        _services = services.BuildServiceProvider();
        _http = _services.GetRequiredService<IHttpClientFactory>().CreateClient("kv");
    }

    /// <summary>The operation with its times and its outcome, which is unknown if it was not answered.</summary>
    public async Task<KvOperation> AskAsync(KvOperation asked, CancellationToken cancellationToken)
    {
        asked = asked with { CalledAt = Monotonic.Nanoseconds };
        try
        {
            using var message = Message(asked);
            using var response = await _http.SendAsync(message, cancellationToken);
            var body = await response.Content.ReadAsStringAsync(cancellationToken);
            return Outcome(response, body, asked) with { ReturnedAt = Monotonic.Nanoseconds };
        }
        catch (HttpRequestException)
        {
            return asked;
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _services.Dispose();
    }

    private static HttpRequestMessage Message(KvOperation asked)
    {
        var path = $"keys/{Uri.EscapeDataString(asked.Key)}";
        return asked.Kind switch
        {
            KvOperationKind.Get => new HttpRequestMessage(HttpMethod.Get, path),
            KvOperationKind.Increment => new HttpRequestMessage(HttpMethod.Post, path + "/increment"),
            KvOperationKind.Put => Put(path, asked.Argument),
            KvOperationKind.CompareAndSet => CompareAndSet(path, asked),
            _ => throw new ArgumentOutOfRangeException(nameof(asked)),
        };
    }

    private static HttpRequestMessage CompareAndSet(string path, KvOperation asked)
    {
        var message = Put(path, asked.Argument);
        if (asked.Expected == 0) message.Headers.TryAddWithoutValidation("If-None-Match", "*");
        else message.Headers.TryAddWithoutValidation("If-Match", $"\"{Text(asked.Expected)}\"");
        return message;
    }

    private static HttpRequestMessage Put(string path, long value) =>
        new(HttpMethod.Put, path) { Content = new ByteArrayContent(Encoding.ASCII.GetBytes(Text(value))) };

    private static KvOperation Outcome(HttpResponseMessage response, string body, KvOperation asked)
    {
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.NoContent:
                var hasValue = asked.Kind is KvOperationKind.Get or KvOperationKind.Increment;
                var value = hasValue ? Number(body, asked) : 0;
                return asked with { Outcome = KvOutcome.Done, Value = value, Version = Version(response) };
            case HttpStatusCode.NotFound when asked.Kind == KvOperationKind.Get:
            case HttpStatusCode.PreconditionFailed when asked.Kind == KvOperationKind.CompareAndSet:
                return asked with { Outcome = KvOutcome.Refused, Version = Version(response) };
            case HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway:
                return asked;
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
