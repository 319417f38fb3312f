using System.Diagnostics;
using System.Reflection;
using Understudy.Contracts;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Replication.Protocol;
using Understudy.Selection;
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
        ClusterConfiguration configuration,
        NodeId self,
        IReadOnlyCollection<string> kinds,
        NodeStatus? status,
        TimeSpan now) => new()
        {
            Cluster = configuration.Cluster,
            ClusterId = status?.View?.Cluster.ToString(),
            Node = ThisNode(self, status),
            View = status?.View is { } view ? ViewOf(view, status, now) : null,
            Nodes = status is null ? [] : [.. status.Peers.Select(peer => NodeOf(peer, status.Map))],
            ReplicaManager = status is null ? null : ManagerOf(status),
            Services = status is null ? [] : [.. ServicesOf(configuration, status, kinds)],
            Held = status?.Map.IsHeld ?? false,
            Reasons = status is null ? [$"{self} is starting"] : [.. status.Reasons],
        };

    /// <summary>What RMs decided lately; null on a node that does not vote, for it keeps no registry.</summary>
    public static HistoryDocument? HistoryOf(
        ClusterConfiguration configuration, NodeId self, NodeStatus? status, string? service)
    {
        if (configuration.Find(self) is not { Votes: true }) return null;
        var changes = (status?.History ?? []).Select(ChangeOf).Where(c => service is null || c.Service == service);
        return new HistoryDocument { Node = self.Value, Changes = [.. changes] };
    }

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

    private static Contracts.NodeStatus NodeOf(PeerStatus peer, ServiceMap map)
    {
        var state = peer.IsHeard && peer.IsInView ? PeerStates.Up : peer.IsHeard ? PeerStates.Joining : PeerStates.Down;
        return new Contracts.NodeStatus(peer.Node.Value, KindOf(peer.Kind), state, peer.IsInView)
        {
            Drained = map.Nodes.Any(node => node.Node == peer.Node && node.IsDrained),
            Quarantined = map.Nodes.Any(node => node.Node == peer.Node && node.IsQuarantined),
        };
    }

    private static ReplicaManagerStatus? ManagerOf(NodeStatus status)
    {
        if (status.Selection is not { } selection) return null;
        return new ReplicaManagerStatus
        {
            Version = selection.Configuration.Version.Value,
            Primary = selection.Winner?.Node.Value,
            InSync = [.. selection.Configuration.InSync.Select(copy => copy.Node.Value)],
            Operation = status.Map.Rm.Operation is { } operation ? OperationOf(operation, selection) : null,
        };
    }

    private static OperationStatus OperationOf(Operation operation, SelectionOutcome selection) => new()
    {
        Target = operation.Target.Value,
        Stage = operation.Stage == OperationStage.BringUp ? OperationStages.BringUp : OperationStages.Freeze,
        Since = Math.Round(operation.Since.TotalSeconds, 3),
        Cause = operation.Cause,
        WaitsFor = operation.Stage == OperationStage.BringUp
            ? $"the registry's copy on {operation.Target} is brought up"
            : selection.Winner?.Node == operation.Target
                ? $"{operation.Target} recovers the registry"
                : "what was decided is committed, and a view is agreed that moves the replica manager",
    };

    /// <summary>Those of the map; before an RM has decided on any, those of the cluster's file.</summary>
    private static IEnumerable<ServiceStatus> ServicesOf(
        ClusterConfiguration configuration, NodeStatus status, IReadOnlyCollection<string> kinds)
    {
        var entries = status.Map.IsDecided
            ? status.Map.Services
            : configuration.Services.Select(service => new ServiceEntry(
                service.ToDefinition(), Configuration.NotStarted(service.Name)));
        return entries.Select(entry => ServiceStatusReport.Create(entry, status, kinds, configuration.Profile));
    }

    /// <summary>A change that the registry remembers.</summary>
    public static ChangeDocument ChangeOf(HistoryEntry change) => new()
    {
        Number = change.Number,
        Seconds = Math.Round(change.At.TotalSeconds, 3),
        Service = change.Service == OperatorCommand.Rm ? CommandDocument.ReplicaManager : change.Service?.Value,
        Version = change.Version == ConfigurationVersion.None ? null : change.Version.Value,
        FromVersion = change.From == ConfigurationVersion.None ? null : change.From.Value,
        Lineage = change.Lineage.Value == 0 ? null : change.Lineage.Value,
        Position = change.Position,
        Phases = [.. change.Phases.Select(p => new PhaseDocument(p.Name, Math.Round(p.Took.TotalMilliseconds, 3)))],
        Cause = change.Cause,
        What = change.What,
    };

    private static string KindOf(NodeKind kind) => kind switch
    {
        NodeKind.Voter => NodeKinds.Voter,
        NodeKind.Witness => NodeKinds.Witness,
        NodeKind.NonVoter => NodeKinds.NonVoter,
        _ => throw new UnreachableException($"Unknown kind {kind}."),
    };
}
