using System.Buffers;
using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Benchmarks;

/// <summary>
/// The replica manager's core alone: services are placed and in sync, a view without a node comes, and what follows is
/// decided, committed and ordered. Nothing is sent or written.
/// </summary>
internal static class DecideBenchmark
{
    private static readonly ConfigurationVersion Generation = new(1);

    public static DecideResult Run(DecideOptions options)
    {
        Decide(options, lost: options.Nodes); // The code is warm after this.
        var trials = Enumerable.Range(0, options.Trials)
            .Select(trial => Decide(options, 2 + (trial % (options.Nodes - 1)))).ToList();
        return new DecideResult(
            options.Services,
            options.Nodes,
            trials.Max(t => t.Changed),
            Round(trials.Average(t => t.DecidingMilliseconds)),
            Round(trials.Max(t => t.MostDecidingMilliseconds)),
            Round(trials.Average(t => t.OrderingMilliseconds)),
            trials.Max(t => t.CheckpointBytes),
            trials.Max(t => t.OrderBytes),
            trials.Max(t => t.SpreadBefore),
            trials.Max(t => t.SpreadAfter));
    }

    private static DecideResult Decide(DecideOptions options, int lost)
    {
        var (registry, view) = (new Registry(), View(options.Nodes));
        var replica = new Replica(
            Registry.Name, Id(1), isDurable: false, new OnceOnlyState(registry), null, Profile.Lan, Mutation.None);
        ImmutableArray<ServiceDefinition> definitions = [.. Enumerable.Range(0, options.Services).Select(number =>
            new ServiceDefinition(new ServiceName($"service-{number:00000}"), "kv", 2, 0, Durable: true))];
        var manager = new ReplicaManager(definitions, registry, replica, Profile.Lan, Mutation.None);
        replica.Begin(TimeSpan.Zero, []);
        replica.Lead(Generation, [new Provider(Id(1), Disk(1))]);
        manager.Activate(Generation, TimeSpan.Zero);
        manager.Reconcile(view, TimeSpan.Zero);
        BringUpAll(registry, view, replica.LastSequence);
        // From here on as if this RM had just won, and all nodes had the map.
        manager.Activate(Generation, TimeSpan.FromSeconds(1), replica.LastSequence);
        manager.Reconcile(view, TimeSpan.FromSeconds(1));
        Confirm(replica, TimeSpan.FromSeconds(1));
        var before = manager.TakeCommitted()!;

        var smaller = view with { Epoch = view.Epoch.Next, Members = view.Members.RemoveAt(lost - 1) };
        var spread = Spread(registry, view);
        replica.Begin(TimeSpan.FromSeconds(10), []);
        GC.Collect();
        var began = Environment.CpuUsage.TotalTime;
        manager.Reconcile(smaller, TimeSpan.FromSeconds(10));
        var decided = Environment.CpuUsage.TotalTime;
        Confirm(replica, TimeSpan.FromSeconds(11));
        var ordering = Environment.CpuUsage.TotalTime;
        manager.TakeCommitted();
        var orders = manager.DuePushes(smaller, Id(1), TimeSpan.FromSeconds(11));
        var bytes = orders.Max(order => order.Order.Sum(Encode));
        var ordered = Environment.CpuUsage.TotalTime;
        var checkpoint = replica.LastSequence - before.Sequence;
        if (checkpoint != 1) throw new InvalidOperationException($"{checkpoint} checkpoints for one loss");
        return new DecideResult(
            options.Services,
            options.Nodes,
            registry.ChangedBetween(replica.LastSequence - 1, replica.LastSequence)!.Count,
            (decided - began).TotalMilliseconds,
            (decided - began).TotalMilliseconds,
            (ordered - ordering).TotalMilliseconds,
            CheckpointBytes(registry, replica.LastSequence),
            bytes,
            spread,
            Spread(registry, smaller));
    }

    private static int CheckpointBytes(Registry registry, long sequence) => registry
        .ChangedBetween(sequence - 1, sequence)!
        .Sum(name => ReplicationCodec.EncodeServiceEntry(registry.Find(name)!).Length + 5);

    private static int Encode(ReplicationMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        ReplicationCodec.Encode(message, output);
        return output.WrittenCount;
    }

    /// <summary>A lone copy of the registry commits by a quorum of voters.</summary>
    private static void Confirm(Replica replica, TimeSpan now)
    {
        for (var i = 0; i < 4; i++)
        {
            List<ReplicaEffect> effects = [];
            replica.Begin(now + TimeSpan.FromSeconds(i), effects);
            replica.Tick();
            foreach (var ask in effects.OfType<ReplicaEffect.AskQuorum>().ToList()) replica.OnQuorum(ask.Token);
        }
    }

    private static void BringUpAll(Registry registry, View view, long sequence)
    {
        var entries = registry.Services.Select(entry => entry with
        {
            Configuration = entry.Configuration with
            {
                Version = entry.Configuration.Version.Next,
                InSync =
                [
                    .. entry.Placement.Select(node => view.MemberOn(node)!).Select(m => new Provider(m.Id, m.Disk))
                        .OrderBy(p => p.Member),
                ],
            },
        }).ToList();
        registry.Change(new RegistryChange(entries, [], [], null, [], TimeSpan.Zero), sequence);
    }

    private static int Spread(Registry registry, View view)
    {
        var primaries = view.Members.ToDictionary(m => m.Id, _ => 0);
        foreach (var entry in registry.Services) primaries[entry.Configuration.Primary!.Value]++;
        return primaries.Values.Max() - primaries.Values.Min();
    }

    private static View View(int nodes) => new(
        new ClusterId(1),
        new Epoch(7),
        0,
        [],
        [.. Enumerable.Range(1, nodes).Select(number => new Member(Id(number), Disk(number), NodeKind.Voter))],
        [],
        Heir: null,
        default);

    private static MemberId Id(int number) =>
        new(new NodeId($"n{number:000}"), new Incarnation(1, (ulong)number * 0x9E3779B97F4A7C15));

    private static DiskId Disk(int number) => new(new UInt128((ulong)number * 0x9E3779B97F4A7C15, (ulong)number));

    private static double Round(double value) => Math.Round(value, 1);
}
