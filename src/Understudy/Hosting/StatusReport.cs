using System.Reflection;
using Understudy.Contracts;
using Understudy.Kernel;
using Understudy.Membership;
using NodeStatus = Understudy.Protocol.NodeStatus;

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
        };

    private static ThisNodeStatus ThisNode(NodeId self, NodeStatus? status) => new()
    {
        Id = self.Value,
        Incarnation = status?.Self.Incarnation.Counter ?? 0,
        State = NodeStates.Member,
        Version = _version,
        Pid = Environment.ProcessId,
        RssMegabytes = Math.Round(Environment.WorkingSet / 1048576.0, 1),
        CpuSeconds = Math.Round(Environment.CpuUsage.TotalTime.TotalSeconds, 3),
    };

    private static ViewStatus ViewOf(View view, NodeStatus status, TimeSpan now) => new()
    {
        Epoch = view.Epoch.Value,
        Members = [.. view.Members.Select(m => new MemberStatus(m.Id.Node.Value, m.Id.Incarnation.Counter, KindOf(m.Kind)))],
        Voters = [.. view.Acceptors.Select(acceptor => acceptor.Node.Value)],
        Quorum = view.Quorum,
        HeardVoters = 0,
        LeaseValid = status.LeaseUntil > now,
    };

    private static string KindOf(NodeKind kind) => kind switch
    {
        NodeKind.Voter => NodeKinds.Voter,
        NodeKind.Witness => NodeKinds.Witness,
        NodeKind.NonVoter => NodeKinds.NonVoter,
        _ => throw new System.Diagnostics.UnreachableException($"Unknown kind {kind}."),
    };
}
