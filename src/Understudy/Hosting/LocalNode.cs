using Understudy.Contracts;
using Understudy.Http;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Tcp;
using Understudy.Web;

namespace Understudy.Hosting;

/// <summary>What HTTP tells about this node, from what its loop last published.</summary>
internal sealed class LocalNode(
    ClusterConfiguration configuration,
    NodeId self,
    IReadOnlyCollection<string> kinds,
    NodeLoop loop,
    Gateway gateway,
    TcpForwarders forwarders,
    BackendGateways backends,
    ServiceMapFeed feed,
    Timeline timeline)
    : INodeState
{
    /// <summary>A loop that has not turned for so long has stalled.</summary>
    private static readonly TimeSpan _stallAfter = TimeSpan.FromSeconds(10);

    private volatile bool _isOpen;
    private volatile bool _isStopping;

    public NodeId Node => self;

    public string? NotAlive => loop.SinceLastTurn is var since && since > _stallAfter
        ? $"The node's loop has not turned for {since.TotalSeconds:0} s."
        : null;

    public string? NotReady
    {
        get
        {
            if (_isStopping) return $"{self} is stopping";
            if (!_isOpen) return $"{self} is starting";
            if (loop.Status is not { View: not null, IsMember: true } status) return Reason("it is in no view");
            return status.LeaseUntil > loop.Now ? null : Reason("its view lease has run out");
        }
    }

    public bool IsStopping => _isStopping;

    /// <summary>Serve from now on, as far as the node does.</summary>
    public void Open() => _isOpen = true;

    /// <summary>Not ready from now on: the node was asked to stop.</summary>
    public void Close() => _isStopping = true;

    public IReadOnlyList<NodeId> Nodes { get; } = [.. configuration.Nodes.Select(node => node.Id).Order()];

    public PrimaryPlace PlaceOf(ServiceName service)
    {
        if (KindOf(service) is null) return PrimaryPlace.UnknownService;
        return NotReady is null && loop.Status!.Primaries.Contains(service)
            ? PrimaryPlace.Here
            : PrimaryPlace.Elsewhere;
    }

    public bool IsSecondary(ServiceName service) =>
        NotReady is null
        && loop.Status is { } status
        && status.Map.Find(service) is { Definition.IsExclusive: false, Configuration: var configuration }
        && configuration.Primary != status.Self
        && configuration.IsInSync(status.Self);

    /// <summary>Whether there is such a service, as far as is known here.</summary>
    public bool Knows(ServiceName service) => KindOf(service) is not null;

    public bool? HasKeys(ServiceName service) => KindOf(service) is { } kind
        ? kind == ServiceConfiguration.KeyValue
        : IsMapKnown ? true : null;

    public ServiceDefinition? DefinitionOf(ServiceName service) => loop.Status?.Map.Find(service)?.Definition;

    public ConfigurationVersion VersionOf(ServiceName service) =>
        loop.Status?.Map.Find(service)?.Configuration.Version ?? ConfigurationVersion.None;

    public StatusDocument Status()
    {
        var status = StatusReport.Create(configuration, self, kinds, loop.Status, loop.Now);
        return status with
        {
            Requests = gateway.Status,
            Tcp = forwarders.Status,
            Http = backends.Status,
            Reasons = [.. status.Reasons, .. forwarders.Reasons, .. backends.Reasons],
        };
    }

    public HistoryDocument? History(string? service) =>
        StatusReport.HistoryOf(configuration, self, loop.Status, service);

    public TimelineDocument Timeline() => timeline.ToDocument();

    private bool IsMapKnown => loop.Status is { Map.IsDecided: true };

    /// <summary>
    /// The kind of a service, if there is one: the map knows; before there is one, that of the incarnation before, and
    /// the cluster's file.
    /// </summary>
    private string? KindOf(ServiceName service) => IsMapKnown
        ? DefinitionOf(service)?.Kind
        : feed.Find(service)?.Definition.Kind
            ?? configuration.Services.FirstOrDefault(configured => configured.Name == service)?.Kind;

    private string Reason(string what) =>
        loop.Status is { Reasons: [var first, ..] } ? $"{self}: {what}: {first}" : $"{self}: {what}";
}
