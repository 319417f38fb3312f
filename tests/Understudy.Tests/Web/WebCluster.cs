using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Understudy.Cli.Demo;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Services;

namespace Understudy.Tests.Web;

/// <summary>Three web applications in this process, each with a node and the same endpoints of one service.</summary>
internal sealed class WebCluster : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("understudy-").FullName;
    private readonly List<WebApplication> _applications = [];
    private readonly HashSet<UnderstudyNode> _dead = [];
    private readonly Action<ServiceShape>? _shape;
    private int _failures;

    private WebCluster(Action<ServiceShape>? shape) => _shape = shape;

    /// <summary>The nodes, in order.</summary>
    public IReadOnlyList<UnderstudyNode> Nodes { get; private set; } = [];

    public HttpClient Client { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        Timeout = TimeSpan.FromSeconds(30),
    };

    /// <summary>How often the failing endpoint was run, on all nodes.</summary>
    public int Failures => _failures;

    /// <summary>The node where the service is primary.</summary>
    public UnderstudyNode Primary => Nodes.Single(node => !_dead.Contains(node) && node.IsPrimary("ledger"));

    /// <summary>The living nodes where it is not.</summary>
    public IEnumerable<UnderstudyNode> Others =>
        Nodes.Where(node => !_dead.Contains(node) && !node.IsPrimary("ledger"));

    /// <summary>The node at which requests that wait, do.</summary>
    public string? WaitsAt { get; set; }

    /// <summary>Until this completes, what waits does, and streams go on.</summary>
    public TaskCompletionSource Finish { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Released by every request that waits.</summary>
    public SemaphoreSlim Waiting { get; } = new(0);

    /// <summary>Released by every stream whose endpoint saw that it was cut, and ended as if it were whole.</summary>
    public SemaphoreSlim Cut { get; } = new(0);

    /// <summary>Who waits in a gRPC call, on any node.</summary>
    public TalkPlace Talks { get; } = new(() => "");

    /// <summary>
    /// Nodes know each other's ports before any listens; somebody else may take one meanwhile. Then with others.
    /// </summary>
    public static async Task<WebCluster> StartAsync(Action<ServiceShape>? shape = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            var cluster = new WebCluster(shape);
            try
            {
                await cluster.StartNodesAsync();
                return cluster;
            }
            catch (Exception e) when (IsPortTaken(e) && attempt < 5)
            {
                await cluster.DisposeAsync();
            }
        }
    }

    private async Task StartNodesAsync()
    {
        var ports = FreePorts.Find(6);
        NodeConfiguration[] nodes =
        [
            Node("n1", ports[0], ports[1]), Node("n2", ports[2], ports[3]), Node("n3", ports[4], ports[5]),
        ];
        foreach (var node in nodes) _applications.Add(Create(node, nodes));
        await Task.WhenAll(_applications.Select(application => application.StartAsync()));
        Nodes = [.. _applications.Select(a => a.Services.GetRequiredService<UnderstudyNode>())];
        foreach (var node in Nodes) await UntilServedAsync(node);
    }

    private static bool IsPortTaken(Exception e) =>
        e is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } or AddressInUseException
        || (e.InnerException is { } inner && IsPortTaken(inner));

    /// <summary>The same path at a node's application.</summary>
    public Uri Url(UnderstudyNode node, string path) =>
        new(_applications[Nodes.ToList().IndexOf(node)].Urls.Single() + path);

    public async Task<HttpResponseMessage> SendAsync(
        Uri url, HttpMethod? method = null, string? body = null, string? key = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, url);
        if (body is not null) request.Content = new StringContent(body);
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        return await Client.SendAsync(request);
    }

    /// <summary>What a node's application answers, which must be 200.</summary>
    public async Task<string> AskAsync(
        UnderstudyNode node, string path, HttpMethod? method = null, string? body = null, string? key = null)
    {
        using var response = await SendAsync(Url(node, path), method, body, key);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return text;
    }

    /// <summary>Moves the primary to another node, in order.</summary>
    public async Task SwitchOverAsync()
    {
        var from = Primary;
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (from.Status.Services.Single(service => service.Name == "ledger").Secondaries.Count < 2)
            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        var command = new OperatorCommand.Switchover(new ServiceName("ledger"), null);
        (await from.CommandAsync(command, null, TestContext.Current.CancellationToken)).Outcome
            .ShouldBeOneOf(CommandOutcome.Accepted, CommandOutcome.Done);
        while (Nodes.All(node => node == from || !node.IsPrimary("ledger")))
            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The node says nothing any more; its application goes on listening.</summary>
    public async Task KillAsync(UnderstudyNode node)
    {
        _dead.Add(node);
        await node.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        foreach (var application in _applications)
        {
            await application.Services.GetRequiredService<UnderstudyNode>().DisposeAsync();
            await application.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private WebApplication Create(NodeConfiguration node, NodeConfiguration[] nodes)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddUnderstudy(options =>
            {
                options.Node = node.Id.Value;
                options.DataDirectory = Path.Combine(_folder, node.Id.Value);
                foreach (var each in nodes) options.Nodes.Add(each);
            })
            .AddService<Ledger>("ledger", shape =>
            {
                shape.Hosts.Add("ledger.example.com");
                _shape?.Invoke(shape);
            });
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(provider => Talks.At(
            () => provider.GetRequiredService<IUnderstudyNode>().Node.ToString()!));
        var app = builder.Build();
        app.UseWebSockets();
        app.MapGet("/private", () => "not for everybody");
        Map(app);
        return app;
    }

    private void Map(WebApplication app)
    {
        var ledger = app.MapService("ledger");
        ledger.MapGet("/notes", (Ledger notes) => notes.ReadAsync());
        ledger.MapPost("/notes", async (Ledger notes, IUnderstudyNode node, HttpRequest request) =>
            $"{await notes.AddAsync(await TextAsync(request))} at {node.Node}");
        ledger.MapPost("/both", async (Ledger notes) => $"{await notes.AddAsync("one")} {await notes.AddAsync("two")}");
        ledger.MapPost("/fail", IResult () => throw new InvalidOperationException(
            $"failure {Interlocked.Increment(ref _failures)}"));
        ledger.MapPost("/size", async (IUnderstudyNode node, HttpRequest request) =>
            $"{(await TextAsync(request)).Length} at {node.Node}").OutsideTurns();
        ledger.Map("/echo", EchoAsync).OutsideTurns(); // By HTTP/2 a WebSocket's method is CONNECT.
        ledger.MapGet("/stream", StreamAsync);
        ledger.MapGet("/wait", WaitAsync);
        ledger.MapPost("/wait", WaitAsync).OutsideTurns();
        ledger.MapGrpcService<TalkService>();
        ledger.MapGet("/where", (IUnderstudyNode node, HttpRequest request) =>
            Results.Text($"{node.Node} {request.Path}{request.QueryString} {request.Headers["X-Test"]}"));
    }

    private async Task StreamAsync(HttpContext context, IUnderstudyNode node)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync($"data: {node.Node}\n");
        try
        {
            await Finish.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("data: end\n");
        }
        catch (OperationCanceledException)
        {
            Cut.Release();
        }
    }

    private async Task<string> WaitAsync(HttpContext context, IUnderstudyNode node)
    {
        if (node.Node != WaitsAt) return node.Node;
        Waiting.Release();
        await Finish.Task.WaitAsync(context.RequestAborted);
        return node.Node;
    }

    private static async Task EchoAsync(HttpContext context, IUnderstudyNode node)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[256];
        while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { Count: > 0 } received)
        {
            var said = Encoding.UTF8.GetString(buffer, 0, received.Count);
            if (said == "bye")
            {
                await socket.CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "bye", context.RequestAborted);
                return;
            }

            var text = $"{said} at {node.Node}";
            await socket.SendAsync(
                Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, context.RequestAborted);
        }

        await socket.CloseOutputAsync(
            socket.CloseStatus!.Value, $"{socket.CloseStatusDescription} heard", context.RequestAborted);
    }

    private static Task<string> TextAsync(HttpRequest request) => new StreamReader(request.Body).ReadToEndAsync();

    private async Task UntilServedAsync(UnderstudyNode node)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            using var response = await Client.GetAsync(Url(node, "/notes"), limit.Token);
            if (response.IsSuccessStatusCode) return;
        }
    }

    private static NodeConfiguration Node(string id, int address, int http) => new(
        new NodeId(id), new IPEndPoint(IPAddress.Loopback, address), new IPEndPoint(IPAddress.Loopback, http),
        NodeKind.Voter);
}
