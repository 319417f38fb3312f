using System.Collections.Immutable;
using System.Globalization;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Faults;
using Understudy.Simulator.Machines;
using Understudy.Transport;

namespace Understudy.Simulator.Scale;

/// <summary>
/// A cluster of very many services, without drawn faults: it forms, all services get their wanted shape, and nodes are
/// killed one after the other, each when all is well again.
/// </summary>
public sealed class ManyServices
{
    private const int Voters = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SimulatedCluster _cluster;
    private readonly OrderWatch _watch = new();
    private readonly HashSet<NodeId> _killed = [];
    private readonly int _services;

    /// <param name="services">How many services, each with two secondaries.</param>
    /// <param name="nodes">How many nodes, five of them voters.</param>
    /// <param name="seed">What the network's and the disks' times are drawn from.</param>
    /// <param name="codec">What is long goes through it, if it is given.</param>
    public ManyServices(int services, int nodes, ulong seed, IMessageCodec? codec)
    {
        _services = services;
        var options = new NodeOptions(
            "many",
            Profile.Lan,
            [
                .. Enumerable.Range(1, nodes).Select(number => new NodeOption(
                    new NodeId($"n{number:00}"), number <= Voters ? NodeKind.Voter : NodeKind.NonVoter)),
            ],
            [
                .. Enumerable.Range(0, services).Select(number => new ServiceDefinition(
                    new ServiceName($"service-{number:00000}"), "kv", Secondaries: 2, Spares: 0, Durable: true)),
            ]);
        var calm = new RunOptions { FaultTime = TimeSpan.FromDays(1) };
        _cluster = new SimulatedCluster(seed, calm, codec, live: null, (Scenario(options), _watch));
    }

    /// <summary>The simulated time.</summary>
    public TimeSpan Now => new(_cluster.Now);

    /// <summary>The map that all nodes have when all is well.</summary>
    public ServiceMap Map => Alive.First().Core!.Map;

    /// <summary>How the map's providers are spread over the nodes that are alive.</summary>
    public Spread Spread => Spread.Of(Map, Alive.Select(n => n.Option.Id).ToList());

    /// <summary>The node that the replica manager runs on.</summary>
    public NodeId Manager => Alive.First(n => n.Core!.IsManager).Option.Id;

    private IEnumerable<SimulatedNode> Alive => _cluster.Nodes.Where(n => !_killed.Contains(n.Option.Id));

    /// <summary>Runs until every service has three providers in sync and all nodes have the same orders.</summary>
    /// <exception cref="TimeoutException">That does not come within a simulated minute.</exception>
    public void AwaitShape()
    {
        if (_cluster.RunUntil(HasShape, Patience)) return;
        throw new TimeoutException($"after {Patience} only "
            + $"{Map.Services.Count(e => e.Configuration.InSync.Length == 3)} of {_services} services are in shape");
    }

    /// <summary>Kills a node's process and runs until every service has an active primary again.</summary>
    public NodeLoss Kill(NodeId node)
    {
        var before = Map;
        var killed = _cluster.Nodes[_cluster.IndexOf(node)];
        var changes = Changes();
        _watch.Begin(_cluster);
        _killed.Add(node);
        var at = _cluster.Now;
        killed.Kill(hasPower: true);
        List<ServiceName> lost =
            [.. before.Services.Where(e => e.Configuration.Primary == killed.Member).Select(e => e.Definition.Name)];
        // The history is bounded, and bringing up fills it: it is looked at while it grows. A decision may be several
        // changes in it, all of one time.
        HashSet<TimeSpan> decisions = [];
        ImmutableArray<HistoryEntry> seen = [];
        bool Serves()
        {
            if (Alive.FirstOrDefault(n => n.Core!.IsManager)?.Core!.History is { } history && history != seen)
            {
                decisions.UnionWith(history
                    .Where(c => c.Number > changes && c.Cause.StartsWith("view ", StringComparison.Ordinal))
                    .Select(c => c.At));
                seen = history;
            }

            return lost.TrueForAll(_watch.ActiveAt.ContainsKey) && HasAllOrdered();
        }

        if (!_cluster.RunUntil(Serves, Patience))
            throw new TimeoutException($"after {Patience} primaries that were on {node} are not active again");

        var orders = _watch.Maps.Values.Select(maps => maps.Find(map => !IsNamedIn(map, killed))!).ToList();
        return new NodeLoss
        {
            Node = node,
            LostPrimaries = lost.Count,
            LostProviders = before.Services.Count(e => e.Configuration.IsInSync(killed.Member)),
            Decisions = decisions.Count,
            Checkpoints = orders.Max(map => map.Sequence) - before.Sequence,
            Orders = [.. _watch.Maps.Values.Select(maps => maps.FindIndex(map => !IsNamedIn(map, killed)) + 1)],
            MovedNeedlessly = orders.Max(map => CountMoved(before, map, killed.Member)),
            ServedAgainAfter = new TimeSpan(lost.Count == 0 ? 0 : lost.Max(name => _watch.ActiveAt[name]) - at),
        };
    }

    private static bool IsNamedIn(ServiceMap map, SimulatedNode node) =>
        map.Services.Any(e => e.Configuration.IsInSync(node.Member));

    /// <summary>How many services changed, or have another primary, though they had no need.</summary>
    private static int CountMoved(ServiceMap before, ServiceMap after, MemberId lost)
    {
        var moved = 0;
        for (var i = 0; i < before.Services.Length; i++)
        {
            var (old, next) = (before.Services[i].Configuration, after.Services[i].Configuration);
            var isHit = old.IsInSync(lost);
            var stays = old.Primary == lost || old.Primary == next.Primary;
            if (isHit ? !stays : old.Version != next.Version) moved++;
        }

        return moved;
    }

    private long Changes() => Alive.Where(n => n.Core!.IsManager)
        .Select(n => n.Core!.Status(TimeSpan.Zero).History.LastOrDefault()?.Number ?? 0).First();

    private bool HasAllOrdered() => Alive.All(n => _watch.Maps.ContainsKey(n.Option.Id)
        && n.Core!.Map.Services.All(e => e.Configuration.Primary is { } p && !_killed.Contains(p.Node)));

    private bool HasShape()
    {
        var alive = Alive.ToList();
        if (alive.Exists(n => n.Core is not { IsMember: true })) return false;
        var map = alive[0].Core!.Map;
        return alive.TrueForAll(n => n.Core!.Map.Sequence == map.Sequence && n.Core.Map.Generation == map.Generation)
            && map.Services.Length == _services
            && map.Services.All(e => e.Configuration.InSync.Length == 3);
    }

    private static Scenario Scenario(NodeOptions options) => new()
    {
        Cluster = options,
        Network = new NetworkScenario(
            TimeSpan.FromMicroseconds(200).Ticks, 0, 0, 0, 0, 1, CutsLose: false, TimeSpan.TicksPerSecond),
        Disk = new DiskScenario(TimeSpan.FromMicroseconds(500).Ticks, SlowFlush: 0),
        Clients = new ClientScenario(0, 1, 1, 0, 0, 0),
        Services = new ServiceScenario(0, 0, 0, 0),
        FaultEvery = ImmutableSortedDictionary<FaultKind, long>.Empty,
        AimedFaults = ImmutableSortedDictionary<FaultKind, double>.Empty,
        ClockError = 0,
        IsBrutal = false,
        Aim = 0,
        Aftershock = 0,
        FaultLength = 1,
        FirstFault = 0,
        UsesCodec = true,
        CommandEvery = 0,
    };
}

/// <summary>What the loss of a node came to.</summary>
public sealed record NodeLoss
{
    /// <summary>The node that was killed.</summary>
    public required NodeId Node { get; init; }

    /// <summary>How many primaries were on it.</summary>
    public required int LostPrimaries { get; init; }

    /// <summary>How many providers in sync were on it, the primaries among them.</summary>
    public required int LostProviders { get; init; }

    /// <summary>How many decisions the new view caused.</summary>
    public required int Decisions { get; init; }

    /// <summary>How many checkpoints of the registry led to the order without the node.</summary>
    public required long Checkpoints { get; init; }

    /// <summary>Of each node that lives, how many orders it took until one was without the lost node.</summary>
    public required ImmutableArray<int> Orders { get; init; }

    /// <summary>How many services that order changed or moved though they had no need.</summary>
    public required int MovedNeedlessly { get; init; }

    /// <summary>How long after the kill, in simulated time, the last of the lost primaries was active again.</summary>
    public required TimeSpan ServedAgainAfter { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        FormattableString text =
            $"""
            {Node} lost with {LostPrimaries} primaries and {LostProviders - LostPrimaries} secondaries:
              decisions {Decisions}, checkpoints {Checkpoints}, orders per node {Orders.Max()}
              services moved needlessly {MovedNeedlessly}
              all serve again after {ServedAgainAfter.TotalMilliseconds:0.0} ms, simulated
            """;
        return text.ToString(CultureInfo.InvariantCulture);
    }
}
