using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Workers;

namespace Understudy.Services;

/// <summary>Which code provides which kind of service, or one service by its name.</summary>
internal sealed class ServiceCatalog
{
    private readonly Dictionary<string, Func<ServiceName, IReplicatedService>> _kinds = new(StringComparer.Ordinal)
    {
        [ServiceConfiguration.KeyValue] = _ => new KvService(),
    };

    private readonly Dictionary<string, Func<IWorkerContext, WorkerInstance>> _workers = new(StringComparer.Ordinal);

    /// <summary>What can be configured as a service's kind.</summary>
    public IReadOnlyCollection<string> Kinds => [.. _kinds.Keys, .. _workers.Keys];

    public void Add(string kind, Func<ServiceName, IReplicatedService> create) => _kinds.Add(kind, create);

    public void AddWorker(string kind, Func<IWorkerContext, WorkerInstance> create) => _workers.Add(kind, create);

    /// <summary>A new worker for one run.</summary>
    /// <exception cref="InvalidOperationException">This program has no code of this kind.</exception>
    public WorkerInstance CreateWorker(string kind, IWorkerContext context) =>
        _workers.TryGetValue(kind, out var create)
            ? create(context)
            : throw new InvalidOperationException(
                $"This node has no worker \"{kind}\". Start it with a program that adds it by AddPrimaryOnly.");

    /// <summary>A new instance, whose state is empty.</summary>
    /// <exception cref="InvalidOperationException">The kind is a worker's.</exception>
    public IReplicatedService Create(ServiceName name, string kind) => _kinds.TryGetValue(kind, out var create)
        ? create(name)
        : throw new InvalidOperationException(
            $"\"{kind}\" is a worker here, not a service with state. Add {name} by AddPrimaryOnly on every node.");
}
