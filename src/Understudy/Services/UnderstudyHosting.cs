using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Understudy.Services;
using Understudy.Workers;

namespace Understudy;

/// <summary>Runs a node of a cluster within an application.</summary>
public static class UnderstudyHosting
{
    /// <summary>
    /// Adds a node that starts and stops with the application. It listens on its own two addresses, for nodes and for
    /// HTTP; inject <see cref="IUnderstudyNode"/> to ask it, and <see cref="IUnderstudyAdmin"/> to operate the cluster.
    /// A broken invariant or a failing disk ends the process at
    /// once: a peer takes over.
    /// </summary>
    /// <param name="builder">The application's builder.</param>
    /// <param name="configure">Says which node of which cluster this is.</param>
    /// <returns>Adds services to the node.</returns>
    /// <example>
    /// <code>
    /// var builder = Host.CreateApplicationBuilder(args);
    /// builder.AddUnderstudy(options =&gt;
    ///     {
    ///         options.Node = "n1";
    ///         options.DataDirectory = "data/n1";
    ///         options.ConfigurationFile = "cluster.toml";
    ///     })
    ///     .AddService&lt;Votes&gt;("votes");
    /// await builder.Build().RunAsync();
    /// </code>
    /// </example>
    /// <remarks>
    /// Options are checked when the application starts; then an <see cref="InvalidOperationException"/> names
    /// everything that is wrong.
    /// </remarks>
    public static UnderstudyBuilder AddUnderstudy(
        this IHostApplicationBuilder builder, Action<UnderstudyOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new UnderstudyOptions();
        configure(options);
        var understudy = new UnderstudyBuilder(options);
        builder.Services.AddWorkerContexts();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(provider => new UnderstudyNode(understudy, provider));
        builder.Services.AddSingleton<IUnderstudyNode>(provider => provider.GetRequiredService<UnderstudyNode>());
        builder.Services.AddSingleton<IUnderstudyAdmin>(provider => provider.GetRequiredService<UnderstudyNode>());
        builder.Services.AddHostedService(provider => provider.GetRequiredService<UnderstudyNode>());
        return understudy;
    }

    /// <summary>What a worker's scope of services has for it.</summary>
    internal static void AddWorkerContexts(this IServiceCollection services)
    {
        services.AddScoped<WorkerScope>();
        services.AddScoped(provider => provider.GetRequiredService<WorkerScope>().Context);
    }
}
