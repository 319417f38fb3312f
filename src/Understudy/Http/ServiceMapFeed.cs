using Understudy.Contracts;
using Understudy.Http.Protocol;
using Understudy.Kernel;
using Understudy.Replication;
using NodeStatus = Understudy.Protocol.NodeStatus;

namespace Understudy.Http;

/// <summary>
/// Hands what a node's loop publishes of the service map to whoever waits for it. May be asked from any thread.
/// </summary>
/// <param name="node">This node.</param>
/// <param name="nodes">Every node's HTTP side.</param>
/// <param name="clock">Measures how long somebody waits.</param>
#pragma warning disable CA1001 // Its source has no timer and no linked token: there is nothing to dispose of.
internal sealed class ServiceMapFeed(NodeId node, IReadOnlyList<NodeAddress> nodes, TimeProvider clock)
#pragma warning restore CA1001
{
    private readonly Lock _gate = new();
    private readonly ServiceMapLog _log = new();
    private readonly Dictionary<string, string> _urls = nodes.ToDictionary(n => n.Node, n => n.Url);
    private readonly CancellationTokenSource _closed = new();
    private ServiceMap? _published;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The feed of a node of this cluster.</summary>
    public static ServiceMapFeed Of(ClusterConfiguration configuration, NodeId self, TimeProvider clock) => new(
        self, [.. configuration.Nodes.Select(node => new NodeAddress(node.Id.Value, $"http://{node.Http}"))], clock);

    /// <summary>Cancelled when the node stops: streams end.</summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>Completes when another map has been taken. Take it before looking at the map.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate) return _changed.Task;
        }
    }

    /// <summary>The loop has published a status.</summary>
    public void Take(NodeStatus status)
    {
        if (ReferenceEquals(status.Map, _published) || status.View is not { } view) return;
        _published = status.Map;
        Take(view.Cluster, status.Map);
    }

    /// <summary>The node has adopted a map.</summary>
    public void Take(ClusterId cluster, ServiceMap map)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (!_log.Take(cluster, map)) return;
            (changed, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
    }

    /// <summary>Ends all streams.</summary>
    public void Close() => _closed.Cancel();

    /// <summary>What is known of a service, or null.</summary>
    public ServiceEntry? Find(ServiceName service)
    {
        lock (_gate) return _log.Map.Find(service);
    }

    /// <summary>The address of a node's HTTP side, or null if it is in no file.</summary>
    public string? UrlOf(NodeId id) => _urls.GetValueOrDefault(id.Value);

    /// <summary>The whole map.</summary>
    public ServiceMapDocument Whole() => Since(null, out _) ?? new ServiceMapDocument
    {
        Node = node.Value,
        Nodes = nodes,
        Services = [],
    };

    /// <summary>What a reader has yet to be told, or null.</summary>
    public ServiceMapDocument? Since(ServiceMapPosition? seen, out ServiceMapPosition at)
    {
        ServiceMapChange? change;
        lock (_gate) change = _log.Since(seen);
        at = change?.At ?? default;
        return change is null ? null : new ServiceMapDocument
        {
            Id = change.At.ToString(),
            Node = node.Value,
            Nodes = change.IsWhole ? nodes : null,
            Services = [.. change.Services.Select(EntryOf)],
            Removed = [.. change.Removed.Select(name => name.Value)],
        };
    }

    /// <summary>
    /// Waits until this node knows at least this version of a service: who asks with a newer version than the node's
    /// own has seen what the node has not.
    /// </summary>
    /// <returns>False if it has not come in time.</returns>
    public async Task<bool> KnowsAsync(
        ServiceName service, ConfigurationVersion version, TimeSpan patience, CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        while (true)
        {
            var changed = Changed;
            if (Find(service) is { } entry && entry.Configuration.Version >= version) return true;
            var left = patience - clock.GetElapsedTime(since);
            if (left <= TimeSpan.Zero) return false;
            await Task.WhenAny(changed, Task.Delay(left, clock, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private ServiceMapEntry EntryOf(ServiceEntry entry)
    {
        var configuration = entry.Configuration;
        var providers = configuration.InSync
            .Select(provider => provider.Member)
            .OrderBy(member => member == configuration.Primary ? 0 : 1)
            .Select(member => EndpointOf(entry, member, member == configuration.Primary ? "primary" : "secondary"));
        return new ServiceMapEntry
        {
            Name = entry.Definition.Name.Value,
            Kind = entry.Definition.Kind,
            Version = configuration.Version.Value,
            Lineage = configuration.Lineage.Value,
            Primary = configuration.Primary?.Node.Value,
            Frozen = entry.IsFrozen || entry.IsStopped,
            Endpoints = entry.Definition.IsExclusive ? [] : [.. providers.OfType<ServiceEndpoint>()],
        };
    }

    private ServiceEndpoint? EndpointOf(ServiceEntry entry, MemberId member, string role) =>
        UrlOf(member.Node) is { } url
            ? new ServiceEndpoint(member.Node.Value, role, $"{url}/svc/{entry.Definition.Name}")
            : null;
}
