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
#pragma warning disable CA1001 // Its source has no timer and no linked token: there is nothing to dispose of.
internal sealed class ServiceMapFeed(NodeId node, IReadOnlyList<NodeAddress> nodes)
#pragma warning restore CA1001
{
    private readonly Lock _gate = new();
    private readonly ServiceMapLog _log = new();
    private readonly ServiceMapWriter _writer = new(node, nodes);
    private readonly CancellationTokenSource _closed = new();
    private ServiceMap? _published;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The feed of a node of this cluster.</summary>
    public static ServiceMapFeed Of(ClusterConfiguration configuration, NodeId self) => new(
        self, [.. configuration.Nodes.Select(node => new NodeAddress(node.Id.Value, $"http://{node.Http}"))]);

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

    /// <summary>The version of a service that is known; none if nothing is.</summary>
    public ConfigurationVersion VersionOf(ServiceName service) =>
        Find(service)?.Configuration.Version ?? ConfigurationVersion.None;

    /// <summary>The address of a node's HTTP side, or null if it is in no file.</summary>
    public string? UrlOf(NodeId id) => _writer.UrlOf(id);

    /// <summary>The whole map.</summary>
    public ServiceMapDocument Whole()
    {
        lock (_gate) return _writer.Write(_log.Since(null));
    }

    /// <summary>What a reader has yet to be told, or null.</summary>
    public ServiceMapDocument? Since(ServiceMapPosition? seen, out ServiceMapPosition at)
    {
        ServiceMapChange? change;
        lock (_gate) change = _log.Since(seen);
        at = change?.At ?? default;
        return change is null ? null : _writer.Write(change);
    }
}
