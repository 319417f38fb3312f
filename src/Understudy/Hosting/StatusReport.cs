using System.Diagnostics;
using System.Reflection;
using Understudy.Contracts;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;
using NodeStatus = Understudy.Protocol.NodeStatus;
using PeerStatus = Understudy.Protocol.PeerStatus;

namespace Understudy.Hosting;

/// <summary>Writes what a node's loop published as the document of the admin API.</summary>
internal static class StatusReport
{
    private static readonly string _version =
        typeof(StatusReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? "unknown";

    public static StatusDocument Create(
        ClusterConfiguration configuration, NodeId self, NodeStatus? status, TimeSpan now, int heldRequests) => new()
        {
            Cluster = configuration.Cluster,
            ClusterId = status?.View?.Cluster.ToString(),
            Node = ThisNode(self, status),
            View = status?.View is { } view ? ViewOf(view, status, now) : null,
            Nodes = status is null ? [] : [.. status.Peers.Select(NodeOf)],
            ReplicaManager = status is null ? null : ManagerOf(status),
            Services = status is null ? [] : [.. configuration.Services.Select(s => ServiceOf(s, status))],
            Reasons = status is null ? [$"{self} is starting"] : [.. status.Reasons],
            HeldRequests = heldRequests,
        };

    private static ThisNodeStatus ThisNode(NodeId self, NodeStatus? status) => new()
    {
        Id = self.Value,
        Incarnation = status?.Self.Incarnation.Counter ?? 0,
        State = StateOf(status),
        Version = _version,
        Pid = Environment.ProcessId,
        RssMegabytes = Math.Round(Environment.WorkingSet / 1048576.0, 1),
        CpuSeconds = Math.Round(Environment.CpuUsage.TotalTime.TotalSeconds, 3),
    };

    private static string StateOf(NodeStatus? status) => status switch
    {
        null or { View: null } => NodeStates.Forming,
        { IsStopping: true } => NodeStates.Stopping,
        { IsMember: true } => NodeStates.Member,
        _ => NodeStates.Joining,
    };

    private static ViewStatus ViewOf(View view, NodeStatus status, TimeSpan now) => new()
    {
        Epoch = view.Epoch.Value,
        Members =
        [
            .. view.Members.Select(m =>
                new MemberStatus(m.Id.Node.Value, m.Id.Incarnation.Counter, KindOf(m.Kind))),
        ],
        Voters = [.. view.Acceptors.Select(acceptor => acceptor.Node.Value)],
        Quorum = view.Quorum,
        HeardVoters = status.HeardVoters,
        LeaseValid = status.LeaseUntil > now,
    };

    private static Contracts.NodeStatus NodeOf(PeerStatus peer)
    {
        var state = peer.IsHeard && peer.IsInView ? PeerStates.Up : peer.IsHeard ? PeerStates.Joining : PeerStates.Down;
        return new Contracts.NodeStatus(peer.Node.Value, KindOf(peer.Kind), state, peer.IsInView);
    }

    private static ReplicaManagerStatus? ManagerOf(NodeStatus status)
    {
        if (status.Selection is not { } selection) return null;
        return new ReplicaManagerStatus
        {
            Version = selection.Configuration.Version.Value,
            Primary = selection.Winner?.Node.Value,
            InSync = [.. selection.Configuration.InSync.Select(copy => copy.Node.Value)],
        };
    }

    private static ServiceStatus ServiceOf(ServiceConfiguration service, NodeStatus status)
    {
        var configuration = status.Map.Find(service.Name)?.Configuration;
        var joining = status.Joining.GetValueOrDefault(service.Name, []);
        HashSet<NodeId> used =
        [
            .. configuration?.InSync.Select(p => p.Member.Node) ?? [], .. joining.Select(j => j.Member.Node),
        ];
        var spares = status.Peers.Where(p => p.Kind != NodeKind.Witness && p.IsInView && !used.Contains(p.Node));
        return new ServiceStatus
        {
            Name = service.Name.Value,
            Kind = service.Kind,
            Version = configuration?.Version.Value ?? 0,
            Lineage = configuration?.Lineage.Value ?? 0,
            Primary = configuration?.Primary?.Node.Value,
            Secondaries = service.IsExclusive ? [] : SecondariesOf(configuration),
            Joining = [.. joining.Select(j => new JoiningStatus(j.Member.Node.Value, j.Percent))],
            Spares = [.. spares.Take(service.Spares).Select(p => p.Node.Value)],
            WantedSecondaries = service.Secondaries,
            WantedSpares = service.Spares,
            Durability = service.IsExclusive ? "none" : service.Durability == Durability.Disk ? "disk" : "memory",
            Exclusive = service.IsExclusive,
            WaitsFor = status.Vacant.GetValueOrDefault(service.Name),
        };
    }

    private static IReadOnlyList<string> SecondariesOf(Configuration? configuration) => configuration is null
        ? []
        : [.. configuration.InSync.Where(p => p.Member != configuration.Primary).Select(p => p.Member.Node.Value)];

    private static string KindOf(NodeKind kind) => kind switch
    {
        NodeKind.Voter => NodeKinds.Voter,
        NodeKind.Witness => NodeKinds.Witness,
        NodeKind.NonVoter => NodeKinds.NonVoter,
        _ => throw new UnreachableException($"Unknown kind {kind}."),
    };
}
