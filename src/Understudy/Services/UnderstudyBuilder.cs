using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Services;
using Understudy.Web;
using Understudy.Workers;

namespace Understudy;

/// <summary>Adds services to the node that runs in this process.</summary>
public sealed class UnderstudyBuilder
{
    private readonly List<ServiceConfiguration> _services = [];
    private readonly List<(string Kind, Func<IServiceProvider, IReplicatedService> Create)> _kinds = [];
    private readonly List<(string Kind, Func<IServiceProvider, BackgroundService> Create)> _workers = [];

    private readonly IServiceCollection? _application;

    internal UnderstudyBuilder(UnderstudyOptions options, IServiceCollection? application = null) =>
        (Options, _application) = (options, application);

    internal UnderstudyOptions Options { get; }

    /// <summary>Adds a service. Every node of the cluster adds the same ones.</summary>
    /// <typeparam name="TService">
    /// Its code. An instance is made when the service begins on this node, and another one after each failure; its
    /// constructor is given what it asks for from the application's services.
    /// </typeparam>
    /// <remarks>
    /// An endpoint asks for the node's present instance by a parameter of this type, unless it can be disposed of:
    /// then, by <see cref="IUnderstudyNode.Find{TService}"/>.
    /// </remarks>
    /// <param name="name">
    /// Its name, unique in the cluster. With a file, <c>[service.NAME]</c> with <c>kind = "NAME"</c> says its shape;
    /// otherwise <paramref name="shape"/> does. Its rules (<see cref="ServiceShape.With"/> and the like) are said by
    /// <paramref name="shape"/> if the file says none.
    /// </param>
    /// <param name="shape">Says how many providers it wants; by default 2 secondaries, 1 spare, on disk.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The name is not one that a service may have.</exception>
    /// <example>
    /// <code>
    /// builder.AddUnderstudy(options =&gt; { options.Node = "n1"; options.ConfigurationFile = "cluster.toml"; })
    ///     .AddService&lt;Votes&gt;("votes", shape =&gt; shape.Durability = Durability.Memory);
    /// </code>
    /// </example>
    public UnderstudyBuilder AddService<TService>(string name, Action<ServiceShape>? shape = null)
        where TService : class, IReplicatedService
    {
        CheckName(name);
        var wanted = new ServiceShape();
        shape?.Invoke(wanted);
        Check(name, wanted);
        _services.Add(new ServiceConfiguration(
            new ServiceName(name), name, wanted.Secondaries, wanted.Spares, wanted.Durability)
        {
            MinInSync = wanted.MinInSync,
            TotalLoss = wanted.TotalLoss,
            Restarts = wanted.Restarts,
            RestartWindow = wanted.RestartWindow,
            Checkpoints = wanted.Checkpoints,
            Interval = wanted.Interval,
            AuditEvery = wanted.AuditEvery,
            Hosts = [.. wanted.Hosts],
            KeepKeysFor = wanted.KeepKeysFor,
            Hold = wanted.Hold,
            Drain = wanted.Drain,
            Rules = wanted.ToRules(),
        });
        _kinds.Add((name, provider => ActivatorUtilities.CreateInstance<TService>(provider)));

        // Not what can be disposed of: the application would do so when the request ends.
        var isDisposable = typeof(IDisposable).IsAssignableFrom(typeof(TService))
            || typeof(IAsyncDisposable).IsAssignableFrom(typeof(TService));
        if (!isDisposable) _application?.TryAddTransient(provider => Present<TService>(provider, name));
        return this;
    }

    /// <summary>
    /// Adds a worker that runs on one node of the cluster at a time, never on two: nightly jobs, pollers, senders. It
    /// has no state in the cluster. Every node adds the same one; the cluster chooses where it runs.
    /// </summary>
    /// <typeparam name="TWorker">
    /// Its code. An instance is made for each run, in a scope of services of its own; its constructor is given what it
    /// asks for, an <see cref="IWorkerContext"/> among it. <c>ExecuteAsync</c> must return soon when its token is
    /// cancelled: within 150 ms with <c>lan</c> (one and a half heartbeats) when the node's view lease is about to end,
    /// else within the limit of a call (30 s with <c>lan</c>). Otherwise <b>the process ends</b>, since another node is
    /// about to run it. If it returns by itself it is done, until another node takes over; if it throws it is begun
    /// again, the first time at once, and on another node if it fails again within 10 minutes; when it has failed so on
    /// every node it is stopped until an operator resumes it.
    /// </typeparam>
    /// <param name="name">Its name, unique in the cluster among all services.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The name is not one that a service may have.</exception>
    /// <remarks>
    /// When its node dies, the worker begins elsewhere once the node's view lease has certainly run out: some 0.5 s
    /// later with <c>lan</c>. When it is moved, it begins there once it has ended here. A machine that stands still
    /// together with its clock is the one thing that no clock can guard against: give what the worker changes outside
    /// the <see cref="IWorkerContext.FencingToken"/>, and have that refuse an older one.
    /// </remarks>
    /// <example>
    /// <code>
    /// builder.AddUnderstudy(options =&gt; { options.Node = "n1"; options.ConfigurationFile = "cluster.toml"; })
    ///     .AddPrimaryOnly&lt;Billing&gt;("nightly-billing");
    /// </code>
    /// </example>
    public UnderstudyBuilder AddPrimaryOnly<TWorker>(string name)
        where TWorker : BackgroundService
    {
        CheckName(name);
        _services.Add(ServiceConfiguration.Worker(name));
        _workers.Add((name, provider => ActivatorUtilities.CreateInstance<TWorker>(provider)));
        return this;
    }

    internal ClusterConfiguration Configure() => Options.Build(_services);

    /// <param name="provider">Gives services' code what it asks for.</param>
    /// <param name="application">Handles what is carried to services; null where there is no HTTP.</param>
    internal ServiceCatalog Catalog(IServiceProvider provider, ApplicationPipeline? application = null)
    {
        var catalog = new ServiceCatalog();
        foreach (var (kind, create) in _kinds)
        {
            catalog.Add(kind, name => application is null
                ? create(provider)
                : new WebService(name.Value, create(provider), application));
        }

        foreach (var (kind, create) in _workers)
            catalog.AddWorker(kind, context => CreateWorker(provider, context, create));
        return catalog;
    }

    private static TService Present<TService>(IServiceProvider provider, string name)
        where TService : class, IReplicatedService =>
        provider.GetRequiredService<IUnderstudyNode>().Find<TService>(name) ?? throw new NotPrimaryException(name);

    private static WorkerInstance CreateWorker(
        IServiceProvider provider, IWorkerContext context, Func<IServiceProvider, BackgroundService> create)
    {
        var scope = provider.CreateAsyncScope();
        try
        {
            scope.ServiceProvider.GetRequiredService<WorkerScope>().Context = context;
            return new WorkerInstance(create(scope.ServiceProvider), scope);
        }
        catch
        {
            scope.Dispose();
            throw;
        }
    }

    private static void Check(string name, ServiceShape shape)
    {
        if (shape.Secondaries is < 0 or > ServiceConfiguration.MaxProviders ||
            shape.Spares is < 0 or > ServiceConfiguration.MaxProviders)
        {
            throw new ArgumentException(
                $"{name}: secondaries and spares are 0 to {ServiceConfiguration.MaxProviders}.", nameof(shape));
        }

        if (shape.MinInSync < 1 || shape.MinInSync > 1 + shape.Secondaries)
        {
            throw new ArgumentException(
                $"{name}: min-in-sync is 1 to {1 + shape.Secondaries}, one more than its secondaries.", nameof(shape));
        }

        if (shape.Restarts is < 0 or > ServiceConfiguration.MaxRestarts || shape.RestartWindow <= TimeSpan.Zero)
        {
            throw new ArgumentException(
                $"{name}: restarts are 0 to {ServiceConfiguration.MaxRestarts}, in a time that is not zero.",
                nameof(shape));
        }

        if (!ServiceDefinition.IsInterval(shape.Interval) || !ServiceConfiguration.IsAudit(shape.AuditEvery))
        {
            throw new ArgumentException(
                $"{name}: the interval is 10 ms to 1 hour, and audits are every 1 minute to 365 days, or zero.",
                nameof(shape));
        }

        if (!ServiceConfiguration.IsKeyAge(shape.KeepKeysFor))
            throw new ArgumentException($"{name}: keys are kept for 1 minute to 365 days.", nameof(shape));

        if (!shape.Hold.IsGood)
        {
            throw new ArgumentException(
                $"{name}: it may hold 1 to {HoldConfiguration.MostRequests} requests, with "
                + $"{HoldConfiguration.LeastBytes} to {HoldConfiguration.MostBytes} bytes, for 1 s to 1 hour.",
                nameof(shape));
        }

        if (shape.Drain < TimeSpan.Zero || shape.Drain > HttpConfiguration.Longest)
            throw new ArgumentException($"{name}: its answers drain for up to 1 hour.", nameof(shape));
    }

    private static void CheckName(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (!ServiceReader.BuiltIn.Contains(name)) return;
        throw new ArgumentException(
            $"\"{name}\" is the kind of a built-in service. Choose another name.", nameof(name));
    }
}
