using Understudy.Contracts;

namespace Understudy.Cli.Tests;

/// <summary>Status documents that tests look at.</summary>
internal static class Documents
{
    /// <summary>Four nodes, as wanted.</summary>
    public static StatusDocument Whole { get; } = new()
    {
        Cluster = "demo",
        ClusterId = "0011",
        Node = new ThisNodeStatus
        {
            Id = "n1",
            Incarnation = 3,
            State = NodeStates.Member,
            Version = "0.1.0",
            Pid = 4711,
            RssMegabytes = 62.6,
            CpuSeconds = 1.25,
        },
        View = new ViewStatus
        {
            Epoch = 17,
            Voters = ["n1", "n2", "n3", "n4"],
            Quorum = 3,
            HeardVoters = 4,
            LeaseValid = true,
            Members = [.. Enumerable.Range(1, 4).Select(n => new MemberStatus($"n{n}", (ulong)n, NodeKinds.Voter))],
        },
        Nodes = [.. Enumerable.Range(1, 4).Select(n => new NodeStatus($"n{n}", NodeKinds.Voter, PeerStates.Up, true))],
        ReplicaManager = new ReplicaManagerStatus { Version = 5, Primary = "n2", InSync = ["n1", "n2", "n3", "n4"] },
        Services = [Kv],
    };

    /// <summary>The same after n3 has died.</summary>
    public static StatusDocument Failing { get; } = Whole with
    {
        View = Whole.View! with { Members = [.. Whole.View!.Members.Where(each => each.Id != "n3")], HeardVoters = 3 },
        Nodes =
        [
            Whole.Nodes[0], Whole.Nodes[1], new NodeStatus("n3", NodeKinds.NonVoter, PeerStates.Down, false),
            Whole.Nodes[3],
        ],
        Services =
        [
            Kv with { Secondaries = ["n2"], Joining = [new JoiningStatus("n4", 62)], Spares = [], Version = 8 },
        ],
        Reasons = ["kv has one secondary of two: n4 is joining, 62 %", "n3 is down"],
        Requests =
        [
            Requests("kv", 12, 3_400, 0), Requests("orders", 0, 0, 7), Requests("users", 0, 0, 0),
        ],
    };

    /// <summary>A node that has found no cluster yet.</summary>
    public static StatusDocument Forming { get; } = new()
    {
        Cluster = "demo",
        Node = Whole.Node with { State = NodeStates.Forming },
        Nodes = [new NodeStatus("n1", NodeKinds.Voter, PeerStates.Up, false)],
        Reasons = ["waiting for n3 to form the cluster"],
    };

    private static RequestsStatus Requests(string service, int waiting, long bytes, long refused) => new()
    {
        Service = service,
        Waiting = waiting,
        Bytes = bytes,
        LongestSeconds = waiting / 10.0,
        Refused = refused,
        MaxWaiting = 10_000,
        MaxBytes = 64 << 20,
        MaxSeconds = 5,
    };

    public static ServiceStatus Kv => new()
    {
        Name = "kv",
        Kind = "kv",
        Version = 7,
        Lineage = 1,
        Primary = "n1",
        Secondaries = ["n2", "n3"],
        Spares = ["n4"],
        WantedSecondaries = 2,
        WantedSpares = 1,
        Durability = "disk",
    };
}
