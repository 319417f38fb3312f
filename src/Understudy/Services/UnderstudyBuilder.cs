using Microsoft.Extensions.DependencyInjection;
using Understudy.Kernel;
using Understudy.Services;

namespace Understudy;

/// <summary>Adds services to the node that runs in this process.</summary>
public sealed class UnderstudyBuilder
{
    private readonly List<ServiceConfiguration> _services = [];
    private readonly List<(string Kind, Func<IServiceProvider, IReplicatedService> Create)> _kinds = [];

    internal UnderstudyBuilder(UnderstudyOptions options) => Options = options;

    internal UnderstudyOptions Options { get; }

    /// <summary>Adds a service. Every node of the cluster adds the same ones.</summary>
    /// <typeparam name="TService">
    /// Its code. An instance is made when the service begins on this node, and another one after each failure; its
    /// constructor is given what it asks for from the application's services.
    /// </typeparam>
    /// <param name="name">
    /// Its name, unique in the cluster. With a file, <c>[service.NAME]</c> with <c>kind = "NAME"</c> says its shape;
    /// otherwise <paramref name="shape"/> does. Its rules (<see cref="ServiceShape.With"/> and the like) are said by
    /// <paramref name="shape"/> in both cases.
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
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name == ServiceConfiguration.KeyValue)
        {
            throw new ArgumentException(
                "\"kv\" is the kind of the built-in service. Choose another name.", nameof(name));
        }

        var wanted = new ServiceShape();
        shape?.Invoke(wanted);
        if (wanted.Secondaries is < 0 or > ServiceConfiguration.MaxProviders ||
            wanted.Spares is < 0 or > ServiceConfiguration.MaxProviders)
        {
            throw new ArgumentException(
                $"{name}: secondaries and spares are 0 to {ServiceConfiguration.MaxProviders}.", nameof(shape));
        }

        if (wanted.MinInSync < 1 || wanted.MinInSync > 1 + wanted.Secondaries)
        {
            throw new ArgumentException(
                $"{name}: min-in-sync is 1 to {1 + wanted.Secondaries}, one more than its secondaries.", nameof(shape));
        }

        if (wanted.Restarts is < 0 or > ServiceConfiguration.MaxRestarts || wanted.RestartWindow <= TimeSpan.Zero)
        {
            throw new ArgumentException(
                $"{name}: restarts are 0 to {ServiceConfiguration.MaxRestarts}, in a time that is not zero.",
                nameof(shape));
        }

        _services.Add(new ServiceConfiguration(
            new ServiceName(name), name, wanted.Secondaries, wanted.Spares, wanted.Durability)
        {
            MinInSync = wanted.MinInSync,
            TotalLoss = wanted.TotalLoss,
            Restarts = wanted.Restarts,
            RestartWindow = wanted.RestartWindow,
            Rules = wanted.ToRules(),
        });
        _kinds.Add((name, provider => ActivatorUtilities.CreateInstance<TService>(provider)));
        return this;
    }

    internal ClusterConfiguration Configure() => Options.Build(_services);

    internal ServiceCatalog Catalog(IServiceProvider provider)
    {
        var catalog = new ServiceCatalog();
        foreach (var (kind, create) in _kinds) catalog.Add(kind, _ => create(provider));
        return catalog;
    }
}
