using Understudy.Kernel;
using Understudy.Kv;

namespace Understudy.Services;

/// <summary>Which code provides which kind of service, or one service by its name.</summary>
internal sealed class ServiceCatalog
{
    private readonly Dictionary<string, Func<ServiceName, IReplicatedService>> _kinds = new(StringComparer.Ordinal)
    {
        [ServiceConfiguration.KeyValue] = _ => new KvService(),
    };

    /// <summary>What can be configured as a service's kind.</summary>
    public IReadOnlyCollection<string> Kinds => _kinds.Keys;

    public void Add(string kind, Func<ServiceName, IReplicatedService> create) => _kinds.Add(kind, create);

    /// <summary>A new instance, whose state is empty.</summary>
    public IReplicatedService Create(ServiceName name, string kind) => _kinds[kind](name);
}
