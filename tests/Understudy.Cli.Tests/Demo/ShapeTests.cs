using Understudy.Cli.Demo;
using Understudy.Contracts;

namespace Understudy.Cli.Tests;

public sealed class ShapeTests
{
    private static readonly DemoOptions Wanted = new();

    [Fact]
    public void A_whole_cluster_misses_nothing() => Shape.Missing(Documents.Whole, Wanted).ShouldBeNull();

    [Fact]
    public void The_nodes_own_reason_is_told() =>
        Shape.Missing(Documents.Failing, Wanted).ShouldBe("kv has one secondary of two: n4 is joining, 62 %");

    [Fact]
    public void A_node_that_is_not_up_is_missing() =>
        Shape.Missing(Documents.Failing with { Reasons = [] }, Wanted).ShouldBe("3 of 4 nodes in the view");

    [Fact]
    public void Every_part_of_the_service_is_wanted()
    {
        Kv(Documents.Kv with { Primary = null }).ShouldBe("kv has no primary");
        Kv(Documents.Kv with { Secondaries = ["n2"] }).ShouldBe("1 of 2 secondaries");
        Kv(Documents.Kv with { Joining = [new JoiningStatus("n4", 3)] }).ShouldBe("n4 is joining");
        Kv(Documents.Kv with { Spares = [] }).ShouldBe("0 of 1 spares");
        Shape.Missing(Documents.Whole with { ReplicaManager = null }, Wanted).ShouldBe("0 replicas of the registry");
        Shape.Missing(Documents.Forming with { Reasons = [] }, Wanted).ShouldBe("no view yet");
    }

    [Theory]
    [InlineData("n1", 6, false)] // still primary
    [InlineData("n3", 6, false)] // still secondary
    [InlineData("n4", 7, false)] // an old version
    [InlineData("n4", 6, true)]
    public void A_failover_is_a_newer_configuration_without_the_victim(string victim, long before, bool expected) =>
        Shape.HasFailedOver(Documents.Whole, victim, before).ShouldBe(expected);

    [Theory]
    [InlineData(3, 2, 0)]
    [InlineData(4, 2, 1)]
    [InlineData(7, 2, 4)]
    public void Every_node_beyond_two_secondaries_is_a_spare(int nodes, int secondaries, int spares)
    {
        var options = new DemoOptions { Nodes = nodes };
        options.Secondaries.ShouldBe(secondaries);
        options.Spares.ShouldBe(spares);
    }

    private static string? Kv(ServiceStatus kv) =>
        Shape.Missing(Documents.Whole with { Services = [kv] }, Wanted);
}
