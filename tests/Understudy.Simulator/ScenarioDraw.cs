using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Faults;

namespace Understudy.Simulator;

/// <summary>Draws a <see cref="Scenario"/> from a seed.</summary>
internal sealed class ScenarioDraw(SeededRandom random)
{
    public static readonly ServiceName FirstService = new("kv");
    public static readonly ServiceName SecondService = new("soft");
    public static readonly ServiceName SideService = new("kv-side");
    public static readonly ServiceName ThirdService = new("kv-third");
    public static readonly ServiceName Worker = new("worker");

    private const double Millisecond = TimeSpan.TicksPerMillisecond;
    private const double Second = TimeSpan.TicksPerSecond;

    /// <summary>
    /// How many nodes a cluster has: one entry drawn, so that small odd clusters are the most frequent.
    /// </summary>
    private static readonly int[] Sizes = [1, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6, 7, 7];

    public Scenario Draw(long faultTime)
    {
        var nodes = DrawNodes(Sizes[random.Below(Sizes.Length)]);
        var scenario = new Scenario
        {
            Cluster = new NodeOptions("simulated", Profile.Lan, nodes, DrawServices(nodes)),
            Network = DrawNetwork(),
            Disk = new DiskScenario(LogUniform(0.05 * Millisecond, 20 * Millisecond), Sometimes(0.5, 0.0005, 0.05)),
            Clients = DrawClients(faultTime),
            FaultEvery = DrawFaults(),
            ClockError = random.Chance(0.3) ? 0 : 0.005,
            IsBrutal = random.Chance(0.3),
            Aim = Sometimes(0.3, 0.1, 0.8),
            Aftershock = Sometimes(0.4, 0.05, 0.6),
            FaultLength = LogUniform(100, 3000) / 1000.0,
            FirstFault = random.Chance(0.7) ? LogUniform(0.8 * Second, 5 * Second) : 0,
            UsesCodec = random.Chance(0.1),
            Services = DrawBehaviour(),
            AimedFaults = DrawAimedFaults(random.Fork()),
            CommandEvery = (long)Sometimes(0.4, 0.3 * Second, 20 * Second),
        };
        if (random.Chance(0.5)) scenario = DrawKinds(scenario);
        var services = Group(scenario.Cluster.Services).Select(s => DrawPolicies(s, scenario.Hosts)).ToImmutableArray();
        var quarantine = random.Chance(0.25)
            ? new QuarantineRule(2 + random.Below(3), new TimeSpan(LogUniform(5 * Second, 600 * Second)))
            : QuarantineRule.Never;
        var profile = scenario.Cluster.Profile with { Lag = DrawLag(), Transfer = DrawTransfer() };
        return scenario with
        {
            Cluster = scenario.Cluster with
            {
                Services = Audit(services),
                Quarantine = quarantine,
                Profile = profile,
            },
        };
    }

    /// <summary>In some clusters snapshots are frequent, and sent slowly and in small parts.</summary>
    private TransferBounds DrawTransfer() => random.Chance(0.6)
        ? TransferBounds.Default
        : new TransferBounds(5 + random.Below(100), 100 + random.Below(2_000), LogUniform(10_000, 1_000_000));

    /// <summary>Some services are audited by themselves, others only when an operator asks.</summary>
    private ImmutableArray<ServiceDefinition> Audit(ImmutableArray<ServiceDefinition> services)
    {
        var every = random.Chance(0.3) ? new TimeSpan(LogUniform(Second, 10 * Second)) : TimeSpan.Zero;
        return [.. services.Select(service => service with { AuditEvery = every })];
    }

    /// <summary>Some clusters are so strict that ordinary faults put a provider too far behind.</summary>
    private LagBounds DrawLag()
    {
        var lag = LagBounds.After(new TimeSpan(LogUniform(0.3 * Second, 5 * Second)));
        if (random.Chance(0.3)) lag = lag with { Bytes = LogUniform(2_000, 50_000) };
        if (random.Chance(0.3)) lag = lag with { BacklogEntries = 2 + random.Below(30) };
        return lag;
    }

    private ServiceDefinition DrawPolicies(ServiceDefinition service, int hosts) => service with
    {
        Restarts = random.Below(3),
        RestartWindow = new TimeSpan(LogUniform(1 * Second, 600 * Second)),
        MinInSync = random.Chance(0.25) ? Math.Min(2, Math.Min(hosts, 1 + service.Secondaries)) : 1,
        TotalLoss = random.Chance(service.Durable ? 0.15 : 0.5) ? TotalLossPolicy.StartEmpty : TotalLossPolicy.Wait,
    };

    /// <summary>The nodes say what they have code for; sometimes one has none.</summary>
    private Scenario DrawKinds(Scenario scenario)
    {
        var hosts = scenario.Cluster.Nodes.Where(n => n.Kind != NodeKind.Witness).ToList();
        var isOneWithout = hosts.Count > 2 && random.Chance(0.2);
        return scenario with
        {
            Cluster = scenario.Cluster with { Kinds = ["kv"] },
            WithoutCode = isOneWithout ? hosts[random.Below(hosts.Count)].Id : null,
        };
    }

    /// <summary>
    /// Most clusters have a worker too. It is drawn from chance of its own, so that it shifts nothing else of a seed.
    /// </summary>
    public static Scenario AddWorker(Scenario scenario, SeededRandom random)
    {
        var draw = new ScenarioDraw(random);
        if (!random.Chance(0.7)) return scenario;
        var worker = new ServiceDefinition(Worker, "worker", 0, 0, Durable: false) { IsExclusive = true };
        if (random.Chance(0.2)) worker = worker with { After = [FirstService] };
        if (random.Chance(0.2)) worker = worker with { Apart = [FirstService] };
        return scenario with
        {
            Cluster = scenario.Cluster with
            {
                Services = scenario.Cluster.Services.Add(worker),
                Kinds = scenario.Cluster.Kinds.IsEmpty ? [] : scenario.Cluster.Kinds.Add(worker.Kind),
            },
            Workers = new WorkerScenario(
                draw.LogUniform(0.01 * Millisecond, 20 * Millisecond),
                draw.LogUniform(0.1 * Millisecond, 200 * Millisecond),
                Stubborn: draw.Sometimes(0.5, 0.01, 0.3),
                Fail: draw.Sometimes(0.5, 0.01, 0.3)),
        };
    }

    /// <summary>In some clusters a service answers before it commits; drawn from chance of its own too.</summary>
    public static Scenario AddPeriodic(Scenario scenario, SeededRandom random)
    {
        if (!random.Chance(0.2)) return scenario;
        var chosen = scenario.Stateful[random.Below(scenario.Stateful.Length)];
        var every = new TimeSpan(new ScenarioDraw(random).LogUniform(10 * Millisecond, 1.5 * Second));
        var periodic = chosen with { CheckpointEvery = every };
        var services = scenario.Cluster.Services.Replace(chosen, periodic);
        return scenario with { Cluster = scenario.Cluster with { Services = services } };
    }

    /// <summary>
    /// In most clusters most clients follow the primary by the client library; drawn from chance of its own too.
    /// </summary>
    public static Scenario AddFollowers(Scenario scenario, SeededRandom random)
    {
        var draw = new ScenarioDraw(random);
        return scenario with
        {
            Followers = new FollowerScenario(
                draw.Sometimes(0.15, 0.4, 1),
                Direct: draw.Sometimes(0.5, 0.2, 1),
                SendVersions: draw.Sometimes(0.5, 0.2, 1),
                draw.LogUniform(0.1 * Millisecond, 500 * Millisecond),
                StreamBreaks: draw.Sometimes(0.3, 0.005, 0.5)),
        };
    }

    /// <summary>
    /// In some clusters clients' keys are remembered for so short a time that many are forgotten in a run; drawn from
    /// chance of its own too.
    /// </summary>
    public static Scenario AddKeyAge(Scenario scenario, SeededRandom random)
    {
        if (!random.Chance(0.4)) return scenario;
        var keepFor = new TimeSpan(new ScenarioDraw(random).LogUniform(3 * Second, 60 * Second));
        var services = scenario.Cluster.Services.Select(s => s with { KeepKeysFor = keepFor });
        return scenario with { Cluster = scenario.Cluster with { Services = [.. services] } };
    }

    /// <summary>Some services depend on others: on one node with them, or started after them, or apart.</summary>
    private ImmutableArray<ServiceDefinition> Group(ImmutableArray<ServiceDefinition> services)
    {
        var (kv, isAlone) = (services[0], services.Length == 1);
        if (!isAlone && random.Chance(0.5)) services = [kv, services[1] with { Apart = [FirstService] }];
        if (!random.Chance(0.3)) return services;
        var secondaries = random.Below(kv.Secondaries + 1);
        var side = kv with { Name = SideService, Secondaries = secondaries, With = [FirstService] };
        services = services.Insert(1, side);
        if (!random.Chance(0.4)) return services;
        return services.Insert(2, kv with { Name = ThirdService, With = [SideService], After = [FirstService] });
    }

    private ImmutableArray<NodeOption> DrawNodes(int count)
    {
        var witnesses = count > 1 && random.Chance(count == 3 ? 0.3 : 0.15) ? 1 : 0;
        var nonVoters = random.Chance(0.3) ? random.Below(count - witnesses) : 0;
        var nodes = ImmutableArray.CreateBuilder<NodeOption>(count);
        for (var i = 0; i < count; i++)
        {
            var kind = i >= count - nonVoters ? NodeKind.NonVoter
                : i == count - nonVoters - 1 && witnesses > 0 ? NodeKind.Witness
                : NodeKind.Voter;
            nodes.Add(new NodeOption(new NodeId($"n{i + 1}"), kind));
        }

        return nodes.MoveToImmutable();
    }

    private ImmutableArray<ServiceDefinition> DrawServices(ImmutableArray<NodeOption> nodes)
    {
        var secondaries = nodes.Length > 1 ? 1 + random.Below(Math.Min(3, nodes.Length - 1)) : 0;
        var kv = new ServiceDefinition(FirstService, "kv", secondaries, random.Below(2), Durable: true);
        if (!random.Chance(0.25)) return [kv];

        return [kv, new ServiceDefinition(SecondService, "kv", 1 + random.Below(2), 0, Durable: false)];
    }

    private NetworkScenario DrawNetwork() => new(
        LogUniform(0.05 * Millisecond, 15 * Millisecond),
        Loss: Sometimes(0.6, 0.0005, 0.05),
        Duplicate: Sometimes(0.5, 0.001, 0.1),
        Reorder: Sometimes(0.5, 0.001, 0.3),
        Spike: Sometimes(0.5, 0.0005, 0.05),
        LogUniform(20 * Millisecond, 700 * Millisecond),
        random.Chance(0.5),
        LogUniform(0.3 * Second, 10 * Second));

    private ClientScenario DrawClients(long faultTime)
    {
        var count = 3 + random.Below(4);
        var operations = LogUniform(100, 400);
        return new ClientScenario(
            count,
            faultTime * count / operations,
            2 + random.Below(3),
            0.2 + (0.4 * random.Unit()),
            Sometimes(0.5, 0.01, 0.3),
            Sometimes(0.5, 0.01, 0.3));
    }

    private ServiceScenario DrawBehaviour() => new(
        random.Chance(0.3) ? 0 : LogUniform(0.01 * Millisecond, 5 * Millisecond),
        random.Chance(0.3) ? 0 : LogUniform(0.01 * Millisecond, 50 * Millisecond),
        Stall: Sometimes(0.5, 0.0005, 0.05),
        Throw: Sometimes(0.6, 0.0005, 0.02));

    private ImmutableSortedDictionary<FaultKind, long> DrawFaults()
    {
        var rates = ImmutableSortedDictionary.CreateBuilder<FaultKind, long>();
        for (var kind = FaultKind.Crash; kind <= FaultKind.OrderlyStop; kind++)
        {
            var often = LogUniform(0.6 * Second, 60 * Second);
            if (!random.Chance(0.35)) continue;
            rates.Add(kind, kind is FaultKind.PowerLossAll or FaultKind.PowerLossSome ? often * 5 : often);
        }

        if (random.Chance(0.15)) rates.Add(FaultKind.StateDamaged, LogUniform(3 * Second, 20 * Second));
        if (random.Chance(0.15)) rates.Add(FaultKind.RecordDamaged, LogUniform(3 * Second, 30 * Second));
        return rates.ToImmutable();
    }

    private static ImmutableSortedDictionary<FaultKind, double> DrawAimedFaults(SeededRandom random)
    {
        var chances = ImmutableSortedDictionary.CreateBuilder<FaultKind, double>();
        for (var kind = FaultKind.JoinerRestart; kind <= FaultKind.PartnerLost; kind++)
        {
            var chance = Math.Pow(0.1, random.Unit());
            if (random.Chance(0.2)) chances.Add(kind, chance);
        }

        return chances.ToImmutable();
    }

    private double Sometimes(double chanceOfNone, double from, double to)
    {
        var drawn = from * Math.Pow(to / from, random.Unit());
        return random.Chance(chanceOfNone) ? 0 : drawn;
    }

    /// <summary>A time between two, in milliseconds, each order of magnitude as likely; in ticks.</summary>
    public static long Milliseconds(SeededRandom random, double from, double to) =>
        (long)(TimeSpan.TicksPerMillisecond * from * Math.Pow(to / from, random.Unit()));

    private long LogUniform(double from, double to) => (long)(from * Math.Pow(to / from, random.Unit()));
}
