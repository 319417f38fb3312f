using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Contracts;
using Understudy.Http.Protocol;

namespace Understudy.Http;

/// <summary>The service map over HTTP: as a document, and as a stream of server-sent events.</summary>
internal sealed class ServiceMapEndpoint(ServiceMapFeed feed, TimeProvider clock)
{
    /// <summary>How many streams a node keeps open; more are refused.</summary>
    public const int MostStreams = 10_000;

    /// <summary>A stream that has nothing to say says so: who hears nothing for some of these has lost it.</summary>
    public static readonly TimeSpan AliveEvery = TimeSpan.FromSeconds(5);

    private const string StreamType = "text/event-stream";
    private static readonly byte[] _alive = ": alive\n\n"u8.ToArray();

    private int _streams;

    /// <summary>Whether the client asks for the stream by what it accepts.</summary>
    public static bool WantsStream(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(type => type.MediaType.Equals(StreamType, StringComparison.Ordinal));

    public Task DocumentAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Vary = "Accept";
        return Answers.BodyAsync(context, "application/json", Serialize(feed.Whole()));
    }

    public async Task StreamAsync(HttpContext context)
    {
        if (Interlocked.Increment(ref _streams) > MostStreams)
        {
            Interlocked.Decrement(ref _streams);
            await Answers.ProblemAsync(
                context, StatusCodes.Status503ServiceUnavailable, $"This node serves {MostStreams} streams already.");
            return;
        }

        try
        {
            context.Response.ContentType = StreamType;
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers.Vary = "Accept";
            if (HttpMethods.IsHead(context.Request.Method)) return;
            await WriteAsync(context);
        }
        finally
        {
            Interlocked.Decrement(ref _streams);
        }
    }

    private async Task WriteAsync(HttpContext context)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, feed.Closed);
        ServiceMapPosition? seen =
            ServiceMapPosition.TryParse(context.Request.Headers["Last-Event-ID"], out var last) ? last : null;
        try
        {
            await context.Response.StartAsync(ends.Token);
            while (!ends.IsCancellationRequested)
            {
                var changed = feed.Changed;
                if (feed.Since(seen, out var at) is { } news)
                {
                    await WriteAsync(context.Response, EventOf(news), ends.Token);
                    seen = at;
                }
                else if (!await HasChangedAsync(changed, ends.Token))
                {
                    await WriteAsync(context.Response, _alive, ends.Token);
                }
            }
        }
        catch (OperationCanceledException) when (feed.Closed.IsCancellationRequested)
        {
            // The node stops: the client goes on at another, from the last event that it has.
        }
    }

    private async Task<bool> HasChangedAsync(Task changed, CancellationToken cancellationToken)
    {
        try
        {
            await changed.WaitAsync(AliveEvery, clock, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    // The server waits here for a client that does not read, and gives it up when it reads too slowly.
    private static async Task WriteAsync(HttpResponse response, byte[] text, CancellationToken cancellationToken)
    {
        await Answers.WriteAsync(response, text, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }

    private static byte[] EventOf(ServiceMapDocument news)
    {
        var type = news.Nodes is null ? ServiceMapDocument.ChangeEvent : ServiceMapDocument.WholeEvent;
        return [.. Encoding.UTF8.GetBytes($"id: {news.Id}\nevent: {type}\ndata: "), .. Serialize(news), .. "\n\n"u8];
    }

    private static byte[] Serialize(ServiceMapDocument map) =>
        JsonSerializer.SerializeToUtf8Bytes(map, ContractsJson.Default.ServiceMapDocument);
}
