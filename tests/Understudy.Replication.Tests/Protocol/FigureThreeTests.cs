using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>FIG 3: four services with the primaries and secondaries drawn there, on nodes 102 to 105.</summary>
public sealed class FigureThreeTests
{
    private static readonly Dictionary<string, int[]> Drawn = new()
    {
        ["202"] = [103, 104, 105],
        ["203"] = [104, 103, 105],
        ["204"] = [102, 104, 105],
        ["205"] = [103, 102, 104, 105],
    };

    [Fact]
    public void Every_service_of_the_figure_is_provided_as_it_is_drawn()
    {
        var cluster = Cluster();

        cluster.Roles("202").ShouldBe(("103", "104 105"));
        cluster.Roles("203").ShouldBe(("104", "103 105"));
        cluster.Roles("204").ShouldBe(("102", "104 105"));
        cluster.Roles("205").ShouldBe(("103", "102 104 105"));
    }

    [Theory]
    [InlineData(102)]
    [InlineData(103)]
    [InlineData(104)]
    [InlineData(105)]
    public void When_a_node_is_lost_only_its_primaries_move_and_its_providers_are_brought_up_elsewhere(int lost)
    {
        var cluster = Cluster();
        var before = cluster.Decisions;

        cluster.Lose(new NodeId($"{lost}"));

        cluster.Decisions.ShouldBe(before + 1);
        foreach (var (service, nodes) in Drawn)
        {
            var primary = cluster[service].Configuration.Primary!.Value.Node.Value;
            if (nodes[0] == lost) nodes[1..].ShouldContain(int.Parse(primary));
            else primary.ShouldBe($"{nodes[0]}");
        }

        cluster.Settle();
        foreach (var (service, nodes) in Drawn)
        {
            var entry = cluster[service];
            entry.Configuration.InSync.Length.ShouldBe(Math.Min(nodes.Length, 3));
            entry.IsInSyncOn(new NodeId($"{lost}")).ShouldBeFalse();
            entry.IsFrozen.ShouldBeFalse();
        }
    }

    [Fact]
    public void The_primaries_of_a_lost_node_go_to_the_first_secondary_that_is_drawn()
    {
        var cluster = Cluster();

        cluster.Lose(new NodeId("103"));

        cluster.Roles("202").Primary.ShouldBe("104");
        cluster.Roles("205").Primary.ShouldBe("102");
    }

    private static PlannedCluster Cluster()
    {
        var cluster = new PlannedCluster(PlannedCluster.Nodes(102, 103, 104, 105));
        cluster.Define([.. Drawn.Select(service =>
            new ServiceDefinition(new ServiceName(service.Key), "kv", service.Value.Length - 1, 0, Durable: true)
            {
                Preferred = [.. PlannedCluster.Nodes(service.Value)],
            })]);
        return cluster;
    }
}
