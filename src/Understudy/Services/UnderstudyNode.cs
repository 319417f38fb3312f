using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Understudy.Contracts;
using Understudy.Hosting;
using Understudy.Http;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Web;

namespace Understudy.Services;

/// <summary>Starts and stops the node with the application.</summary>
internal sealed class UnderstudyNode(UnderstudyBuilder builder, IServiceProvider provider)
    : IUnderstudyNode, IUnderstudyAdmin, IHostedService, IAsyncDisposable
{
    private readonly ApplicationPipeline _application = provider.GetRequiredService<ApplicationPipeline>();
    private NodeRuntime? _runtime;
    private bool _isDisposed;

    public string Node => builder.Options.Node;

    public Uri HttpAddress => Runtime.HttpAddress;

    public StatusDocument Status => Runtime.Local.Status();

    /// <summary>Takes requests for services built on the library.</summary>
    public ServiceGateway Services => Runtime.Services;

    private NodeRuntime Runtime =>
        _runtime ?? throw new InvalidOperationException($"The node {Node} has not been started yet.");

    public bool IsPrimary(string service) =>
        Runtime.Local.PlaceOf(new ServiceName(service)) == PrimaryPlace.Here;

    public TService? Find<TService>(string service)
        where TService : class, IReplicatedService =>
        Runtime.FindService(new ServiceName(service)) is { } found ? (TService)found : null;

    public ValueTask<Reply> SendAsync(
        string service,
        ReadOnlyMemory<byte> body,
        bool isRead,
        string? idempotencyKey,
        CancellationToken cancellationToken) =>
        Runtime.Gateway.SendAsync(new ServiceName(service), body, isRead, idempotencyKey, cancellationToken);

    public ValueTask<CommandAnswer> CommandAsync(
        OperatorCommand command, string? idempotencyKey, CancellationToken cancellationToken) =>
        Runtime.Commands.CommandAsync(command, idempotencyKey, cancellationToken);

    public HistoryDocument? History(string? service) => Runtime.Local.History(service);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var configuration = builder.Configure();
        _runtime = new NodeRuntime(
            configuration,
            new NodeId(Node),
            builder.Options.DataDirectory,
            TimeProvider.System,
            NodeHost.Fail,
            builder.Catalog(provider, _application),
            provider.GetRequiredService<ILoggerFactory>(),
            builder.Options.EndProcessWithLease,
            _application);
        await _runtime.StartAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_runtime is { } runtime) await runtime.StopAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        // More than one registration gives this object out, and each would dispose of it.
        if (Interlocked.Exchange(ref _isDisposed, true)) return;
        if (_runtime is { } runtime) await runtime.DisposeAsync();
    }
}
