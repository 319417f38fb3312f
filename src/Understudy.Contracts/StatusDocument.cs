namespace Understudy.Contracts;

/// <summary>What a node knows of its cluster: <c>GET /api/v1/status</c>.</summary>
public sealed record StatusDocument
{
    /// <summary>The path it is served at.</summary>
    public const string Path = "/api/v1/status";

    /// <summary>The cluster's name in its file.</summary>
    public required string Cluster { get; init; }

    /// <summary>The cluster's id, or null while it has not formed.</summary>
    public string? ClusterId { get; init; }

    /// <summary>The node that answers.</summary>
    public required ThisNodeStatus Node { get; init; }

    /// <summary>The view this node has installed, or null while it is in none.</summary>
    public ViewStatus? View { get; init; }

    /// <summary>Every configured node, in the order of ids.</summary>
    public IReadOnlyList<NodeStatus> Nodes { get; init; } = [];

    /// <summary>The replica manager's replicas, or null while there is no view.</summary>
    public ReplicaManagerStatus? ReplicaManager { get; init; }

    /// <summary>Every service, in the order of names.</summary>
    public IReadOnlyList<ServiceStatus> Services { get; init; } = [];

    /// <summary>Every service whose TCP connections the answering node takes, in the order of names.</summary>
    public IReadOnlyList<TcpStatus> Tcp { get; init; } = [];

    /// <summary>The requests for services' own programs at this node; empty if none has an HTTP side.</summary>
    public IReadOnlyList<HttpStatus> Http { get; init; } = [];

    /// <summary>Every service that requests came for at the answering node, in the order of names.</summary>
    public IReadOnlyList<RequestsStatus> Requests { get; init; } = [];

    /// <summary>Whether an operator holds the whole cluster: nothing is placed or moved, only failed over.</summary>
    public bool Held { get; init; }

    /// <summary>One line for everything that is not as wanted; empty when all is well.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];
}

/// <summary>The node that answers a question about its status.</summary>
public sealed record ThisNodeStatus
{
    /// <summary>The id of the node in the cluster's file.</summary>
    public required string Id { get; init; }

    /// <summary>The boot counter of this incarnation.</summary>
    public required ulong Incarnation { get; init; }

    /// <summary>One of <see cref="NodeStates"/>.</summary>
    public required string State { get; init; }

    /// <summary>The program's version.</summary>
    public required string Version { get; init; }

    /// <summary>The id of the operating system's process.</summary>
    public required int Pid { get; init; }

    /// <summary>Resident memory, in megabytes (1,048,576 bytes).</summary>
    public required double RssMegabytes { get; init; }

    /// <summary>Processor time used since the start, in seconds.</summary>
    public required double CpuSeconds { get; init; }
}

/// <summary>What a node is doing: <see cref="ThisNodeStatus.State"/>.</summary>
public static class NodeStates
{
    /// <summary>It has no view yet: the cluster has not formed, or the node has not met it.</summary>
    public const string Forming = "forming";
    /// <summary>It asks to be admitted to the view.</summary>
    public const string Joining = "joining";
    /// <summary>Its present incarnation is in the latest view.</summary>
    public const string Member = "member";
    /// <summary>It was asked to stop, and hands over and leaves.</summary>
    public const string Stopping = "stopping";
}

/// <summary>An installed view.</summary>
public sealed record ViewStatus
{
    /// <summary>The number of the view.</summary>
    public required long Epoch { get; init; }

    /// <summary>The incarnations that are in the view, in order of node.</summary>
    public required IReadOnlyList<MemberStatus> Members { get; init; }

    /// <summary>The ids of the configured voters.</summary>
    public required IReadOnlyList<string> Voters { get; init; }

    /// <summary>How many voters it takes to decide.</summary>
    public required int Quorum { get; init; }

    /// <summary>How many voters this node hears, itself included if it votes.</summary>
    public required int HeardVoters { get; init; }

    /// <summary>Whether this node's view lease runs.</summary>
    public required bool LeaseValid { get; init; }
}

/// <summary>A member of a view.</summary>
/// <param name="Id">The node's id.</param>
/// <param name="Incarnation">The boot counter of the member's incarnation.</param>
/// <param name="Kind">One of <see cref="NodeKinds"/>.</param>
public sealed record MemberStatus(string Id, ulong Incarnation, string Kind);

/// <summary>What a configured node does for the cluster.</summary>
public static class NodeKinds
{
    /// <summary>It votes on views and may host services.</summary>
    public const string Voter = "voter";
    /// <summary>It votes on views and hosts nothing.</summary>
    public const string Witness = "witness";
    /// <summary>It hosts services and does not vote.</summary>
    public const string NonVoter = "nonVoter";
}

/// <summary>A configured node, as the answering node sees it.</summary>
/// <param name="Id">The node's id.</param>
/// <param name="Kind">One of <see cref="NodeKinds"/>.</param>
/// <param name="State">One of <see cref="PeerStates"/>.</param>
/// <param name="InView">Whether it is a member of the installed view.</param>
public sealed record NodeStatus(string Id, string Kind, string State, bool InView)
{
    /// <summary>Whether an operator drained it: it gets nothing new, and its services are moved away.</summary>
    public bool Drained { get; init; }

    /// <summary>Whether it left the view so often that it gets nothing until an operator releases it.</summary>
    public bool Quarantined { get; init; }
}

/// <summary>How a configured node looks from the answering one: <see cref="NodeStatus.State"/>.</summary>
public static class PeerStates
{
    /// <summary>It answers and is in the view.</summary>
    public const string Up = "up";

    /// <summary>It does not answer.</summary>
    public const string Down = "down";

    /// <summary>It answers and is not in the view yet.</summary>
    public const string Joining = "joining";
}
