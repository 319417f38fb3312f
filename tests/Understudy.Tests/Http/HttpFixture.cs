using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Understudy.Contracts;
using Understudy.Hosting;
using Understudy.Http;
using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Web;
using Yarp.ReverseProxy.Forwarder;

namespace Understudy.Tests.Http;

/// <summary>A node's HTTP side on a free loopback port, before a gateway that is a <see cref="KvState"/>.</summary>
public sealed class HttpFixture : IGateway, ICommandGateway, INodeState, IAsyncDisposable
{
    private readonly TaskCompletionSource _keysAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly KvState _state = new();
    private readonly Admissions _admissions;
    private readonly WebApplication _application;
    private readonly ServiceGateway _services;
    private readonly ServiceForwarder _forwarder;
    private readonly IReadOnlyDictionary<string, ServiceName> _hosts = new Dictionary<string, ServiceName>(
        StringComparer.OrdinalIgnoreCase)
    { ["keys.example.com"] = new("kv") };
    private readonly Gateway _gateway;
    private readonly BackendGateways _backends;
    private readonly AnswersUnderWay _answers = new(
        _ => new HttpBounds(TimeSpan.FromSeconds(5), TimeSpan.Zero), TimeProvider.System, exception => throw exception);

    private int _timesKeysAsked;

    private static readonly HoldBounds _bounds = new(10_000, 1 << 30, TimeSpan.FromSeconds(5));

    private HttpFixture(HoldBounds bounds, int mostConnections, TimeProvider clock)
    {
        _admissions = new Admissions(
            new RequestAdmission(1 << 30, _ => bounds, isKnown: _ => true), static (_, _) => { });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            NodeHttp.Configure(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0, listen => CleartextHttp2.Offer(listen, TimeProvider.System));
        });
        var files = new OpenFiles(Node, NullLogger.Instance, TimeProvider.System);
        var connections = new ClientConnections(mostConnections, files, NullLogger.Instance, TimeProvider.System);
        builder.Services.AddSingleton<IConnectionListenerFactory>(
            services => new ClientListenerFactory(services, connections));
        builder.Services.AddHttpForwarder();
        _application = builder.Build();
        var forwarder = new ServiceForwarder(
            _application.Services.GetRequiredService<IHttpForwarder>(), TimeSpan.FromSeconds(1));
        _forwarder = forwarder;
        var admission = new RequestAdmission(1 << 30, _ => bounds, isKnown: _ => true);
        _gateway = new Gateway(Node, new NodeInbox(), admission, TimeProvider.System);
        _backends = new BackendGateways(
            [], Node, _gateway, forwarder, TimeProvider.System, exception => throw exception);
        _services = new ServiceGateway(
            Node, this, this, Feed, forwarder, _answers, _ => bounds.Time, clock);
        _application.Run(
            new NodeHttp(this, this, this, Feed, _services, _backends, _hosts, null, TimeProvider.System).AnswerAsync);
    }

    public HttpClient Client { get; } = new();

    internal ServiceMapFeed Feed { get; } = new(
        new NodeId("n1"),
        [new("n1", "http://127.0.0.1:7201"), new("n2", "http://127.0.0.1:7202"), new("n3", "http://127.0.0.1:7203")]);

    /// <summary>What the gateway answers instead of asking the state, if set.</summary>
    public Reply? Refusal { get; set; }

    public (bool IsRead, string? Key) Last { get; private set; }

    /// <summary>How many requests were sent.</summary>
    public int Sent { get; private set; }

    public NodeId Node => new("n1");

    public string? NotAlive { get; set; }

    public string? NotReady { get; set; }

    public bool IsStopping { get; set; }

    public IReadOnlyList<NodeId> Nodes { get; } = [new("n1"), new("n2"), new("n3")];

    /// <summary>What the node knows of the service kv.</summary>
    public ServiceDefinition? Known { get; set; }

    /// <summary>The commands that were given, with their keys.</summary>
    public List<(OperatorCommand Command, string? Key)> Commands { get; } = [];

    /// <summary>What every command is answered.</summary>
    public CommandAnswer Told { get; set; } = CommandAnswer.Done("it is so");

    public bool? HasKeysOfAll { get; set; } = true;

    /// <summary>Completes when it was asked again whether a service has keys: the request waits.</summary>
    public Task KeysAsked => _keysAsked.Task;

    public bool IsVoter { get; set; } = true;

    public PrimaryPlace Place { get; set; } = PrimaryPlace.Here;

    /// <summary>Until it completes, requests that were sent are not answered.</summary>
    public Task MayAnswer { get; set; } = Task.CompletedTask;

    /// <summary>How many requests are not answered, and how many bytes they have.</summary>
    public (int Requests, long Bytes) Waiting =>
        (_admissions.Count, _admissions.Status([]).Sum(service => service.Bytes));

    public static Task<HttpFixture> StartAsync(int mostConnections = 1000) => StartAsync(_bounds, mostConnections);

    /// <param name="bounds">What waits.</param>
    /// <param name="mostConnections">How many connections there may be.</param>
    /// <param name="clock">That of the gateway of services; by default the system's.</param>
    internal static async Task<HttpFixture> StartAsync(
        HoldBounds bounds, int mostConnections = 1000, TimeProvider? clock = null)
    {
        var fixture = new HttpFixture(bounds, mostConnections, clock ?? TimeProvider.System);
        await fixture._application.StartAsync();
        fixture.Client.BaseAddress = new Uri(fixture._application.Urls.Single());
        return fixture;
    }

    Admission IGateway.Admit(ServiceName service) => _admissions.Admit(service);

    async ValueTask<Reply> IGateway.SendAsync(
        Admission admission,
        ReadOnlyMemory<byte> body,
        bool isRead,
        string? idempotencyKey,
        CancellationToken cancellationToken)
    {
        using var sent = admission;
        if (!admission.TryReach(body.Length)) return admission.Refusal!;
        Last = (isRead, idempotencyKey);
        Sent++;
        await MayAnswer.WaitAsync(cancellationToken);
        if (Refusal is not null) return Refusal;
        var answer = _state.Execute(body).Answer;
        return new Reply(ReplyOutcome.Answered, answer, new ConfigurationVersion(7), new NodeId("n2"));
    }

    public ValueTask<CommandAnswer> CommandAsync(
        OperatorCommand command, string? idempotencyKey, CancellationToken cancellationToken)
    {
        Commands.Add((command, idempotencyKey));
        return ValueTask.FromResult(Told);
    }

    public bool? HasKeys(ServiceName service)
    {
        var answer = HasKeysOfAll;
        if (Interlocked.Increment(ref _timesKeysAsked) > 1) _keysAsked.TrySetResult();
        return answer;
    }

    public ServiceDefinition? DefinitionOf(ServiceName service) => service == Known?.Name ? Known : null;

    public HistoryDocument? History(string? service) => IsVoter
        ? new HistoryDocument
        {
            Node = "n1",
            Changes = [new ChangeDocument { Number = 1, Seconds = 0.5, Service = service, Cause = "why", What = "x" }],
        }
        : null;

    public PrimaryPlace PlaceOf(ServiceName service) => Place;

    public bool IsSecondaryHere { get; set; }

    public bool IsSecondary(ServiceName service) => IsSecondaryHere;

    public ConfigurationVersion VersionOf(ServiceName service) => new(3);

    public StatusDocument Status() => new()
    {
        Cluster = "web",
        Node = new ThisNodeStatus
        {
            Id = "n1",
            Incarnation = 1,
            State = NodeStates.Member,
            Version = "0",
            Pid = 1,
            RssMegabytes = 1,
            CpuSeconds = 1,
        },
    };

    public TimelineDocument Timeline() => new() { Node = "n1", Events = [] };

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _backends.Dispose();
        _gateway.Dispose();
        _forwarder.Dispose();
        await _application.DisposeAsync();
    }
}
