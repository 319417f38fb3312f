using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Understudy.Contracts;
using Understudy.Hosting;
using Understudy.Http;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Tests.Hosting;
using Understudy.Tests.Protocol;
using Understudy.Web;
using Yarp.ReverseProxy.Forwarder;

namespace Understudy.Tests.Web;

/// <summary>A node's gateway before two programs that are not ours, those of n1 and n2.</summary>
internal sealed class BackendFixture : IAsyncDisposable
{
    public static readonly MemberId N1 = Member("n1");
    public static readonly MemberId N2 = Member("n2");
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    private readonly WebApplication[] _programs;
    private readonly WebApplication _front;
    private readonly ServiceForwarder _forwarder;
    private readonly Gateway _counting;
    private readonly BackendGateway _gateway;

    private BackendFixture(WebApplication[] programs, bool isHttp2, HoldBounds bounds)
    {
        _programs = programs;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            NodeHttp.Configure(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0, listen => CleartextHttp2.Offer(listen, TimeProvider.System));
        });
        builder.Services.AddHttpForwarder();
        _front = builder.Build();
        _forwarder = new ServiceForwarder(
            _front.Services.GetRequiredService<IHttpForwarder>(), TimeSpan.FromSeconds(5));
        var urls = new Dictionary<NodeId, string>
        {
            [N1.Node] = programs[0].Urls.Single(),
            [N2.Node] = programs[1].Urls.Single(),
        };
        var backend = new HttpBackend(
            new ServiceName("shop"),
            urls.ToImmutableSortedDictionary(),
            isHttp2,
            new HttpBounds(bounds.Time, TimeSpan.Zero));

        // No other test has a node of this name, so no other gateway's numbers are heard.
        var self = new NodeId($"backends-{Guid.NewGuid():n}");
        Metrics = new MetricReader(self);
        _counting = new Gateway(
            self, new NodeInbox(), new RequestAdmission(1 << 30, _ => bounds, isKnown: _ => true), Clock);
        _gateway = new BackendGateway(
            backend, N1.Node, _counting, _forwarder, Clock, exception => Failures.Add(exception.ToString()));
        _front.Run(AnswerAsync);
    }

    public FakeTimeProvider Clock { get; } = new();

    public HttpClient Client { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        Timeout = TimeSpan.FromSeconds(30),
    };

    /// <summary>What would have ended the process.</summary>
    public ConcurrentBag<string> Failures { get; } = [];

    public HttpStatus Status => _gateway.Status;

    /// <summary>What an operator is told of the program.</summary>
    public string? Reason => _gateway.Reason;

    /// <summary>What counts of its requests; null before the first.</summary>
    public RequestsStatus? Requests => _counting.Status.SingleOrDefault();

    public MetricReader Metrics { get; }

    public Uri Url => new(_front.Urls.Single());

    /// <summary>Every request that reached a program's /held: its node, method and body.</summary>
    public ConcurrentQueue<string> Seen { get; } = [];

    /// <summary>Released once for each request that has reached /held.</summary>
    public SemaphoreSlim Reached { get; } = new(0);

    /// <summary>Has each request that is at /held of n1 broken off, without an answer.</summary>
    public CancellationTokenSource Broken { get; } = new();

    /// <param name="isHttp2">Whether the programs speak HTTP/2 only.</param>
    /// <param name="most">How many requests may be unanswered.</param>
    /// <param name="mostBytes">How many bytes their bodies may have.</param>
    public static async Task<BackendFixture> StartAsync(bool isHttp2 = false, int most = 100, int mostBytes = 1 << 22)
    {
        BackendFixture? fixture = null;
        WebApplication[] programs =
        [
            Program("n1", isHttp2, context => fixture!.HoldAsync("n1", context)),
            Program("n2", isHttp2, context => fixture!.HoldAsync("n2", context)),
        ];
        foreach (var program in programs) await program.StartAsync();
        fixture = new BackendFixture(
            programs, isHttp2, new HoldBounds(most, mostBytes, TimeSpan.FromSeconds(5)));
        await fixture._front.StartAsync();
        return fixture;
    }

    /// <summary>The node learns where the primary is.</summary>
    public void Learn(MemberId? primary) => _gateway.Learn(
        ForwardingRun.RouteTo(primary, 1, Clock.GetUtcNow() - Clock.Start + Lease, N1, N2));

    /// <summary>Waits until a gRPC call waits at the program of n1: it has been sent.</summary>
    public async Task CallWaitsAsync()
    {
        var place = _programs[0].Services.GetRequiredService<TalkPlace>();
        (await place.Waiting.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue("no call has come");
    }

    /// <summary>The program of n1 takes no more connections.</summary>
    public Task StopFirstAsync() => _programs[0].StopAsync();

    public Task<HttpResponseMessage> SendAsync(
        string method, string target, string? body = null, string? key = null, Version? version = null)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Url, target))
        {
            Version = version ?? HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body is null ? null : new StringContent(body),
        };
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        return Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Waits until the gateway's numbers are so.</summary>
    public Task UntilAsync(Func<HttpStatus, bool> condition) => UntilAsync(() => condition(Status));

    public static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!holds()) await pace.WaitForNextTickAsync(limit.Token);
    }

    /// <summary>Waits until so many requests have reached a program's /held.</summary>
    public async Task ReachedAsync(int requests = 1)
    {
        for (var number = 0; number < requests; number++)
            (await Reached.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue("no request has come");
    }

    /// <summary>A client asks in this process, and goes away when the token is cancelled.</summary>
    public async Task AskAndGoAsync(CancellationToken gone)
    {
        var context = new DefaultHttpContext { RequestAborted = gone };
        context.Request.Method = "GET";
        try
        {
            await _gateway.AnswerAsync(context, "/first", "");
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // It is not told.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Broken.CancelAsync();
        Client.Dispose();
        await _front.DisposeAsync();
        foreach (var program in _programs) await program.DisposeAsync();
        _gateway.Dispose();
        _counting.Dispose();
        Metrics.Dispose();
        _forwarder.Dispose();
        Failures.ShouldBeEmpty();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        try
        {
            await _gateway.AnswerAsync(context, context.Features.Get<IHttpRequestFeature>()!.RawTarget, "/svc/shop");
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested
            && e is not Microsoft.AspNetCore.Http.BadHttpRequestException)
        {
            Failures.Add(e.ToString());
            throw;
        }
    }

    private static WebApplication Program(string node, bool isHttp2, RequestDelegate hold)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
            listen.Protocols = isHttp2 ? HttpProtocols.Http2 : HttpProtocols.Http1));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new TalkPlace(() => node));
        var app = builder.Build();
        app.UseWebSockets();
        app.Map("/held", hold);
        app.MapGet("/begun", async context =>
        {
            await context.Response.WriteAsync("begun");
            await hold(context);
        });
        app.MapPost("/talk", async context =>
        {
            await context.Response.Body.FlushAsync();
            var part = new byte[256];
            while (await context.Request.Body.ReadAsync(part, context.RequestAborted) is > 0 and var read)
                await context.Response.Body.WriteAsync(part.AsMemory(0, read), context.RequestAborted);
        });
        app.MapGet("/socket", EchoAsync);
        app.MapGrpcService<TalkService>();
        app.MapGet("/{**rest}", (HttpRequest request) =>
            $"{node} {request.Protocol} {request.Path}{request.QueryString} {request.Host} "
            + string.Join(' ', request.Headers
                .Where(header => header.Key.StartsWith("X-Forwarded", StringComparison.Ordinal))
                .OrderBy(header => header.Key).Select(header => $"{header.Key[12..]}={header.Value}")));
        return app;
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[256];
        while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { Count: > 0 } received)
        {
            await socket.SendAsync(
                buffer.AsMemory(0, received.Count), WebSocketMessageType.Text, true, context.RequestAborted);
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
    }

    /// <summary>The program of n1 never answers; that of n2 does at once.</summary>
    private async Task HoldAsync(string node, HttpContext context)
    {
        var body = await new StreamReader(context.Request.Body).ReadToEndAsync(context.RequestAborted);
        Seen.Enqueue($"{node} {context.Request.Method} {body}".TrimEnd());
        Reached.Release();
        if (node == "n2")
        {
            await context.Response.WriteAsync($"n2 has {body}");
            return;
        }

        var end = new TaskCompletionSource();
        await using (Broken.Token.Register(() => end.TrySetResult()))
        await using (context.RequestAborted.Register(() => end.TrySetResult())) await end.Task;
        context.Abort();
    }

    private static MemberId Member(string node) => new(new NodeId(node), new Incarnation(1, 7));
}
