using CsCheck;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests;

public sealed class RegistryRecordTests
{
    [Fact]
    public void The_bytes_of_a_node_a_cluster_and_a_change_are_as_agreed()
    {
        var change = new HistoryEntry(
            7, TimeSpan.FromSeconds(3), ReplicationSamples.Service, ReplicationSamples.Version, "view 5", "primary n1");
        string[] lines =
        [
            Hex(ReplicationCodec.EncodeNodeEntry(new NodeEntry(ReplicationSamples.N1.Node, IsDrained: true))),
            Hex(ReplicationCodec.EncodeNodeEntry(new NodeEntry(ReplicationSamples.N1.Node, IsDrained: false)
            {
                EvictedTo = 3,
                Exits = [TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5)],
                IsQuarantined = true,
                HasToldKinds = true,
                Kinds = ["kv"],
            })),
            Hex(ReplicationCodec.EncodeClusterEntry(isHeld: true, TimeSpan.FromSeconds(3), RmEntry.None)),
            Hex(ReplicationCodec.EncodeClusterEntry(isHeld: false, TimeSpan.FromSeconds(3), ReplicationSamples.Rm)),
            Hex(ReplicationCodec.EncodeHistoryEntry(change)),
            Hex(ReplicationCodec.EncodeHistoryEntry(change with
            {
                From = new ConfigurationVersion(8),
                Lineage = new Lineage(2),
                Position = 0,
                Phases =
                [
                    new HistoryPhase(HistoryPhase.Agree, TimeSpan.FromMilliseconds(3)),
                    new HistoryPhase(HistoryPhase.TakeOver, TimeSpan.FromMilliseconds(1)),
                ],
            })),
        ];

        lines.ShouldBe(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Golden", "registry.txt")));
    }

    [Fact]
    public void Every_node_entry_returns_whole() => ReplicationGen.NodeEntries.Sample(entry =>
        Fields(ReplicationCodec.DecodeNodeEntry(ReplicationCodec.EncodeNodeEntry(entry))).ShouldBe(Fields(entry)));

    private static string Fields(NodeEntry entry) => System.Text.Json.JsonSerializer.Serialize(entry);

    [Fact]
    public void Every_change_returns_whole() => ReplicationGen.Changes.Sample(entry =>
    {
        var read = ReplicationCodec.DecodeHistoryEntry(ReplicationCodec.EncodeHistoryEntry(entry));
        read.Phases.ShouldBe(entry.Phases);
        (read with { Phases = entry.Phases }).ShouldBe(entry);
    });

    [Fact]
    public void A_change_that_was_written_before_positions_and_phases_were_is_read_without_them()
    {
        var written = Convert.FromHexString("0807108087a70e1a026b7620092a06766965772035320a7072696d617279206e31");
        ReplicationCodec.DecodeHistoryEntry(written).ShouldSatisfyAllConditions(
            change => change.What.ShouldBe("primary n1"),
            change => change.Position.ShouldBeNull(),
            change => change.Phases.ShouldBeEmpty());
    }

    [Fact]
    public void A_registry_that_was_saved_or_followed_is_the_same_registry() =>
        ReplicationGen.Entries.List[0, 8].Sample(entries =>
        {
            var leader = new Registry();
            var services = entries.DistinctBy(e => e.Definition.Name).ToList();
            var change = new RegistryChange(
                services,
                [new ServiceName("gone")],
                [new NodeEntry(new NodeId("n1"), IsDrained: true)],
                IsHeld: true,
                [new HistoryEntry(1, TimeSpan.Zero, null, ConfigurationVersion.None, "a cause", "a change")],
                TimeSpan.FromSeconds(9));
            Registry follower = new(), restarted = new();
            follower.Apply(leader.Change(change, 1), 1);
            restarted.Load(leader.Save());

            foreach (var other in (Registry[])[follower, restarted])
            {
                other.Save().ToArray().ShouldBe(leader.Save().ToArray());
                other.Elapsed.ShouldBe(TimeSpan.FromSeconds(9));
                other.IsHeld.ShouldBeTrue();
                other.WasRemoved(new ServiceName("gone")).ShouldBeTrue();
                other.UnderWay.ShouldBe(leader.UnderWay);
                other.LastChange.ShouldBe(1);
            }
        });

    [Fact]
    public void The_oldest_changes_are_forgotten()
    {
        var registry = new Registry();
        for (var number = 1; number <= Registry.HistoryKept + 3; number++)
        {
            var entry = new HistoryEntry(number, TimeSpan.Zero, null, ConfigurationVersion.None, "a cause", "a change");
            registry.Change(new RegistryChange([], [], [], null, [entry], TimeSpan.Zero), 1);
        }

        registry.History.Length.ShouldBe(Registry.HistoryKept);
        registry.History[0].Number.ShouldBe(4);
    }

    [Fact]
    public void A_change_that_is_said_anew_takes_the_place_of_the_one_before()
    {
        Registry leader = new(), follower = new();
        HistoryEntry Change(long number) => new(
            number, TimeSpan.Zero, ReplicationSamples.Service, new ConfigurationVersion(number), "a cause", "a change");
        HistoryEntry[][] all = [[Change(1), Change(2)], [Change(1) with { Position = 7 }]];
        foreach (var (number, said) in all.Index())
        {
            var change = new RegistryChange([], [], [], null, said, TimeSpan.Zero);
            follower.Apply(leader.Change(change, number + 1), number + 1);
        }

        foreach (var registry in (Registry[])[leader, follower])
        {
            registry.History.Select(change => (change.Number, change.Position)).ShouldBe([(1, 7), (2, null)]);
            registry.LastChange.ShouldBe(2);
        }
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
