using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Selection;
using Understudy.Selection.Protocol;
using Understudy.Simulator;
using Understudy.Simulator.Clients;
using Understudy.Simulator.Machines;

namespace Understudy.Simulation.Tests.Checkers;

/// <summary>A cluster that never runs: tests tell its checkers what its nodes would have reported.</summary>
internal sealed class Planted
{
    public static readonly ServiceName Kv = ScenarioDraw.FirstService;

    private long _time;

    /// <summary>A cluster of one durable service that waits for its disks.</summary>
    public Planted(int minInSync = 1, Mutation mutations = Mutation.None)
    {
        for (var seed = 1UL; ; seed++)
        {
            Cluster = new SimulatedCluster(
                seed, new RunOptions { Mutations = mutations }, codec: null, live: null);
            if (Cluster.Nodes.Length < 3 || Cluster.Scenario.Cluster.Services is not [var service]) continue;
            if (service.IsPeriodic) continue;
            if (service.MinInSync == minInSync && service.TotalLoss == TotalLossPolicy.Wait) break;
        }

        foreach (var node in Cluster.Nodes) node.OnStart(node.Life);
    }

    public SimulatedCluster Cluster { get; }

    public SimulatedNode Node(int number) => Cluster.Nodes[number - 1];

    public MemberId Member(int number) => Node(number).Member;

    public void Report(int node, NodeEvent happening) => Cluster.Checkers.OnEvent(Node(node), happening);

    public View View(long epoch, ulong previousHash, params int[] members) => new(
        new ClusterId(1),
        new Epoch(epoch),
        previousHash,
        [],
        [.. members.Select(m => new Member(Member(m), Node(m).Disk, NodeKind.Voter))],
        [],
        Heir: null,
        default);

    public void Pass(TimeSpan time) => Cluster.Now += time.Ticks;

    /// <summary>The RM's configuration, as a view carries it.</summary>
    public ReadOnlyMemory<byte> Attachment(long version, params int[] inSync) =>
        SelectionCodec.EncodeConfiguration(new RmConfiguration(
            new ConfigurationVersion(version),
            new Lineage(1),
            [.. inSync.Select(n => new RegistryCopy(Member(n).Node, Node(n).Disk))]));

    public Configuration Configuration(long version, int primary, params int[] inSync) => new(
        Kv, new ConfigurationVersion(version), new Lineage(1), Member(primary), Providers(inSync), new Epoch(version));

    public void Activate(long version, int primary, params int[] inSync) =>
        Activate(Configuration(version, primary, inSync));

    public void Activate(Configuration configuration)
    {
        var primary = Array.FindIndex(Cluster.Nodes, n => n.Member == configuration.Primary) + 1;
        Report(primary, new NodeEvent.Configured(configuration));
        Report(primary, new NodeEvent.PrimaryActivated(
            Kv, configuration.Version, configuration.Lineage, configuration.Cause));
    }

    /// <summary>An operation that was begun after all earlier ones had ended.</summary>
    public ClientOperation Operation(
        KvRequest request, KvAnswer? answer, long? calledAt = null, string? key = "key")
    {
        var operation = new ClientOperation(++_time, 0, Kv, request, key)
        {
            CalledAt = calledAt ?? ++_time,
            Answer = answer,
        };
        operation.Outcome = answer is null ? OperationOutcome.Unknown : OperationOutcome.Answered;
        if (answer is not null) operation.ReturnedAt = ++_time;
        return operation;
    }

    public static void ShouldBreak(string checker, Action act) =>
        Should.Throw<ViolationException>(act).Checker.ShouldBe(checker);

    private ImmutableArray<Provider> Providers(int[] nodes) =>
        [.. nodes.Select(n => new Provider(Member(n), Node(n).Disk))];
}
