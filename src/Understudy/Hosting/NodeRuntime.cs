using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Understudy.Http;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Services;
using Understudy.Storage;
using Understudy.Tcp;
using Understudy.Transport;
using Understudy.Web;
using Understudy.Workers;
using Yarp.ReverseProxy.Forwarder;

namespace Understudy.Hosting;

/// <summary>One running node: its store, transport, loop and web server, started and stopped in order.</summary>
internal sealed partial class NodeRuntime : IAsyncDisposable
{
    /// <summary>How long handing over and leaving may take before the node goes all the same.</summary>
    private static readonly TimeSpan _leaveWithin = TimeSpan.FromSeconds(10);

    private readonly ILoggerFactory _loggers;
    private readonly ILoggerFactory? _ownLoggers;
    private readonly WebApplication _web;
    private readonly IPEndPoint _address;
    private readonly Profile _profile;
    private readonly TimeSpan _longestHold;
    private readonly SqliteStore _store;
    private readonly TcpTransport _transport;
    private readonly Gateway _gateway;
    private readonly CommandGateway _commands;
    private readonly ServiceExecutors _executors;
    private readonly WorkerRuns _workers;
    private readonly TcpForwarders _forwarders;
    private readonly ServiceForwarder _requests;
    private readonly BackendGateways _backends;
    private readonly AnswersUnderWay _answers;
    private readonly ServiceMapFeed _feed;
    private readonly NodeLoop _loop;
    private readonly LocalNode _local;
    private readonly TimeProvider _clock;

    /// <summary>Opens the store and builds everything; nothing listens yet.</summary>
    /// <exception cref="StoreUnusableException">The data directory cannot be used.</exception>
    public NodeRuntime(
        ClusterConfiguration configuration,
        NodeId self,
        string dataDirectory,
        TimeProvider clock,
        Action<Exception> fail,
        ServiceCatalog? catalog = null,
        ILoggerFactory? loggers = null,
        bool endsWithLease = true,
        ApplicationPipeline? application = null)
    {
        var node = configuration.Find(self) ?? throw new ArgumentException($"{self} is not configured", nameof(self));
        catalog ??= new ServiceCatalog();
        (_clock, _address, _profile, _longestHold) =
            (clock, node.Address, configuration.Profile, configuration.LongestHold);
        _loggers = loggers ?? (_ownLoggers = CreateLoggers(clock));
        var timeline = new Timeline(self);
        var reports = new EventReports(timeline, Logger, clock);
        var inbox = new NodeInbox();
        _store = SqliteStore.Open(
            dataDirectory,
            new StoreOwner(configuration.Cluster, self),
            RandomId,
            (file, ticket) => inbox.Post(new NodeInput.Flushed(file, ticket)),
            fail);
        _transport = CreateTransport(configuration, new TransportInbox(inbox, reports));
        _gateway = CreateGateway(configuration, self, inbox);
        _commands = new CommandGateway(inbox, HoldFor(configuration.Profile), clock);
        _executors = new ServiceExecutors(catalog, configuration.Profile, clock, fail);
        _workers = CreateWorkers(configuration, catalog, fail, endsWithLease);
        var files = new OpenFiles(self, Logger, clock);
        _forwarders = new TcpForwarders(configuration, self, files, clock, Logger, fail);
        _web = CreateServer(node.Http, new ClientConnections(node.MaxConnections, files, Logger, clock));
        _requests = new ServiceForwarder(_web.Services.GetRequiredService<IHttpForwarder>(), _profile.Silence);
        _backends = new BackendGateways(configuration.HttpBackends(), self, _gateway, _requests, clock, fail);
        _answers = new AnswersUnderWay(configuration.AnswerBoundsOf, clock, fail);
        _feed = ServiceMapFeed.Of(configuration, self);
        _loop = new NodeLoop(new NodeLoopParts
        {
            Options = configuration.ToNodeOptions(catalog.Kinds, self),
            Self = self,
            Inbox = inbox,
            Transport = _transport,
            Store = _store,
            Gateway = _gateway,
            Commands = _commands,
            Executors = _executors,
            Workers = _workers,
            Forwarders = _forwarders,
            Backends = _backends,
            Answers = _answers,
            Reports = reports,
            Feed = _feed,
            Clock = clock,
            Fail = fail,
        });
        _local = new LocalNode(
            configuration, self, catalog.Kinds, _loop, _gateway, _forwarders, _backends, _feed, timeline);
        Services = ServeClients(configuration, application);
    }

    /// <summary>Where the node's HTTP side listens, once started.</summary>
    public Uri HttpAddress => new(_web.Urls.First());

    /// <summary>Everything the node knows; for tests.</summary>
    public INodeState Local => _local;

    /// <summary>Carries requests to services' primaries.</summary>
    public IGateway Gateway => _gateway;

    /// <summary>Carries operators' commands to the replica manager.</summary>
    public ICommandGateway Commands => _commands;

    /// <summary>This node's present instance of a service's code, or null.</summary>
    public IReplicatedService? FindService(ServiceName service) =>
        _executors.Find(service) is var found && found is WebService web ? web.Inner : found;

    /// <summary>Takes requests for services built on the library.</summary>
    public ServiceGateway Services { get; }

    /// <summary>The logger of the host itself.</summary>
    public ILogger Logger => _loggers.CreateLogger("Understudy");

    /// <summary>Listens, warms the failover path up, and joins.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _transport.Listen(_address);
        await _web.StartAsync(cancellationToken);
        _forwarders.Start();
        await DrillAsync(cancellationToken);
        _loop.Start();
        _local.Open();
    }

    /// <summary>
    /// Hands over, closes to clients when all that they sent is answered, and only then leaves: while the node is a
    /// member it can still have a request answered.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _local.Close();
        _loop.RequestStop();
        await WithinAsync(_loop.HandedOver, cancellationToken);
        var forwarded = _forwarders.StopAsync();
        _feed.Close(); // Not before: clients have heard where the primaries are now.
        using (var drain = new CancellationTokenSource(_longestHold + TimeSpan.FromSeconds(1), _clock))
            await _web.StopAsync(drain.Token);
        await forwarded;
        _gateway.Close("This node has stopped. Ask another.");
        _commands.Close("This node has stopped. Ask another, under the same key.");
        _loop.Leave();
        await WithinAsync(_loop.Left, cancellationToken);
        await _transport.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _loop.Halt();
        _workers.Dispose();
        _gateway.Dispose();
        _answers.Dispose();
        await _forwarders.DisposeAsync();
        await _transport.DisposeAsync();
        _store.Dispose();
        await _web.DisposeAsync();
        _backends.Dispose();
        _requests.Dispose();
        _ownLoggers?.Dispose();
    }

    private async Task WithinAsync(Task task, CancellationToken cancellationToken)
    {
        var late = Task.Delay(_leaveWithin, _clock, cancellationToken);
        if (await Task.WhenAny(task, late) == late) LogLate(Logger, _leaveWithin);
    }

    private async Task DrillAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(FailoverDrill.Patience);
        var failovers = Task.Run(
            () => FailoverDrill.Run(_clock, FailoverDrill.Patience, limit.Token), cancellationToken);
        try
        {
            await HttpDrill.RunAsync(new IPEndPoint(IPAddress.Parse(HttpAddress.Host), HttpAddress.Port), limit.Token);
            await TransportDrill.RunAsync(_profile, _clock, limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException)
        {
            LogDrillCut(Logger, e.Message);
        }

        var played = await failovers;
        LogDrilled(Logger, played);
    }

    private ServiceGateway ServeClients(ClusterConfiguration configuration, ApplicationPipeline? application)
    {
        var services = new ServiceGateway(
            _local.Node,
            _gateway,
            _local,
            _feed,
            _requests,
            _answers,
            service => configuration.BoundsOf(service).Time,
            _clock);
        var hosts = configuration.ServicesByHost();
        var http = new NodeHttp(_gateway, _commands, _local, _feed, services, _backends, hosts, application, _clock);
        _web.Run(http.AnswerAsync);
        return services;
    }

    private TcpTransport CreateTransport(ClusterConfiguration configuration, TransportInbox inbox)
    {
        var addresses = configuration.Nodes.ToImmutableSortedDictionary(node => node.Id, node => node.Address);
        return new TcpTransport(
            TransportOptions.For(configuration.Profile, configuration.Cluster, addresses),
            new NodeCodec(),
            inbox,
            _clock,
            _loggers.CreateLogger<TcpTransport>());
    }

    private WebApplication CreateServer(IPEndPoint address, ClientConnections connections)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(_loggers);
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.AddLogging().AddHttpForwarder();
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSingleton<IConnectionListenerFactory>(
            services => new ClientListenerFactory(services, connections));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            NodeHttp.Configure(kestrel);
            kestrel.Listen(address, listen => CleartextHttp2.Offer(listen, _clock));
        });
        return builder.Build();
    }

    private static ILoggerFactory CreateLoggers(TimeProvider clock) => LoggerFactory.Create(logging =>
    {
        logging.Services.AddSingleton(clock);
        logging.AddConsole(console => console.FormatterName = NodeConsoleFormatter.FormatterName);
        logging.AddConsoleFormatter<NodeConsoleFormatter, ConsoleFormatterOptions>();
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Yarp", LogLevel.Warning); // It says two lines of each request.
        // It logs what it throws as well; the command that starts the node says it in one line.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);

        // It warns of every client that it cut.
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error);

        // Heard by anybody, it makes an activity and a scope of every request.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
    });

    private Gateway CreateGateway(ClusterConfiguration configuration, NodeId self, NodeInbox inbox) => new(
        self,
        inbox,
        new RequestAdmission(MaxMemory, configuration.BoundsOf, service => _local.Knows(service)),
        _clock);

    private WorkerRuns CreateWorkers(
        ClusterConfiguration configuration, ServiceCatalog catalog, Action<Exception> fail, bool endsWithLease)
    {
        var hasWorkers = configuration.Services.Any(service => service.IsExclusive);
        return new WorkerRuns(
            catalog,
            configuration.Profile,
            _clock,
            endsWithLease ? fail : static _ => { },
            Logger,
            hasWorkers && endsWithLease ? CreateKillTimer : null);
    }

    private KillTimer? CreateKillTimer(Func<TimeSpan> now)
    {
        var whyNone = "a debugger is attached";
        var timer = Debugger.IsAttached ? null : KillTimer.TryCreate(now, out whyNone);
        if (timer is null) LogNoKillTimer(Logger, whyNone);
        return timer;
    }

    /// <summary>How many bytes the requests that wait may take: a quarter of what the process may have.</summary>
    private static long MaxMemory => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    /// <summary>
    /// How long a request may wait for its answer unless it is said: a failover after silence, and some more.
    /// </summary>
    internal static TimeSpan HoldFor(Profile profile) =>
        TimeSpan.FromTicks(Math.Max(TimeSpan.FromSeconds(5).Ticks, (profile.Silence * 3).Ticks));

    private static UInt128 RandomId() => BinaryPrimitives.ReadUInt128LittleEndian(RandomNumberGenerator.GetBytes(16));

    /// <summary>Signals are the caller's: it cancels a token.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
