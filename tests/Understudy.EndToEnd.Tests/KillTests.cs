using System.Net;

namespace Understudy.EndToEnd.Tests;

public class KillTests
{
    [Fact]
    public async Task Nothing_acknowledged_is_lost_when_the_primary_is_killed()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 4);
        await using var load = new Load(cluster.Client());
        await load.GoOnAsync(50);
        for (var round = 0; round < 2; round++)
        {
            var dead = await cluster.PrimaryAsync();
            cluster[dead].Signal(RealNode.Kill);
            await cluster[dead].ExitAsync(TestContext.Current.CancellationToken);
            (await cluster.PrimaryAsync(without: dead)).ShouldNotBe(dead);
            await load.GoOnAsync(50);
            cluster[dead].Start();
            await cluster.ShapeAsync();
        }

        await load.CheckAsync();
        cluster.Passed();
    }

    [Fact]
    public async Task A_repeated_request_gets_its_first_answer_from_every_node_after_a_failover()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        using var client = cluster.Client();
        var dead = await cluster.PrimaryAsync();
        await client.IncrementAsync("n");
        var first = await client.TryIncrementAsync(cluster[dead].Http, "n", "once");
        first.ShouldStartWith("200 2 \"");
        await client.IncrementAsync("n");

        cluster[dead].Signal(RealNode.Kill);
        await cluster[dead].ExitAsync(TestContext.Current.CancellationToken);
        (await cluster.PrimaryAsync(without: dead)).ShouldNotBe(dead);
        cluster[dead].Start();
        await cluster.ShapeAsync();
        foreach (var node in cluster.Nodes.Values)
            (await client.TryIncrementAsync(node.Http, "n", "once")).ShouldBe(first, $"from {node.Id}");
        (await client.GetAsync("n")).ShouldBe("3");
        cluster.Passed();
    }

    [Fact]
    public async Task Every_survivor_logs_a_failover_under_one_id()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 4);
        var dead = await cluster.PrimaryAsync();
        cluster[dead].Signal(RealNode.Kill);
        await cluster[dead].ExitAsync(TestContext.Current.CancellationToken);
        var primary = await cluster.PrimaryAsync(without: dead);

        var survivors = cluster.Nodes.Values.Where(node => node.Id != dead).ToArray();
        await cluster.UntilAsync(
            "the lines in the logs", _ => survivors.All(node => Failovers(node, $"primary {primary}").Length > 0));
        var common = survivors
            .Select(node => Failovers(node, $"primary {primary}"))
            .Aggregate((some, others) => [.. some.Intersect(others)]);
        var id = common.ShouldHaveSingleItem();
        Failovers(cluster[primary], "primary of kv").ShouldContain(id);
        foreach (var node in survivors) Failovers(node, "installed").ShouldContain(id, $"in the log of {node.Id}");
        cluster.Passed();
    }

    [Fact]
    public async Task Writes_go_on_when_a_secondary_is_killed()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        await using var load = new Load(cluster.Client());
        await load.GoOnAsync(20);
        var primary = await cluster.PrimaryAsync();
        var dead = cluster.Nodes.Keys.First(id => id != primary);
        cluster[dead].Signal(RealNode.Kill);
        await cluster[dead].ExitAsync(TestContext.Current.CancellationToken);
        await load.GoOnAsync(50);
        (await cluster.PrimaryAsync()).ShouldBe(primary, "a primary that survives stays primary");
        cluster[dead].Start();
        await cluster.ShapeAsync();
        await load.CheckAsync();
        cluster.Passed();
    }

    [Fact]
    public async Task Every_acknowledged_write_is_there_once_though_all_nodes_are_killed_at_once_again_and_again()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3, profile: "fast");
        using var reader = cluster.Client();
        List<Load> loads = [];
        for (var round = 1; round <= Heavy.Of(5, 20); round++)
        {
            await using var load = new Load(cluster.Client(), name: $"round{round}-");
            loads.Add(load);
            await load.GoOnAsync(25);
            foreach (var node in cluster.Nodes.Values) node.Signal(RealNode.Kill);
            foreach (var node in cluster.Nodes.Values) await node.ExitAsync(TestContext.Current.CancellationToken);
            foreach (var node in cluster.Nodes.Values) node.Start();
            await load.GoOnAsync(10);
            await load.CheckAsync(reader);
        }

        foreach (var load in loads) await load.ReadBackAsync(reader);
        cluster.Passed();
    }

    [Fact]
    public async Task Without_a_quorum_nothing_is_written_or_read_and_status_says_why()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        using var client = cluster.Client();
        await client.PutAsync("k", "1");
        var survivor = await cluster.PrimaryAsync();
        var dead = cluster.Nodes.Keys.Where(id => id != survivor).ToArray();
        foreach (var id in dead) cluster[id].Signal(RealNode.Kill);
        foreach (var id in dead) await cluster[id].ExitAsync(TestContext.Current.CancellationToken);

        await cluster.UntilAsync(
            "a reason", statuses => statuses.Single().Reasons.Any(reason => reason.Contains("quorum")));
        // Its primary may take a change until its lease is over, and commit it once the others are back. Never later.
        var taken = await client.TryPutAsync(cluster[survivor].Http, "k", "2");
        taken.ShouldBeOneOf(HttpStatusCode.BadGateway, HttpStatusCode.ServiceUnavailable);
        (await client.TryPutAsync(cluster[survivor].Http, "late", "2")).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await client.TryGetAsync(cluster[survivor].Http, "k")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);

        foreach (var id in dead) cluster[id].Start();
        await cluster.ShapeAsync();
        string[] mayBe = taken == HttpStatusCode.BadGateway ? ["1", "2"] : ["1"];
        mayBe.ShouldContain(await client.GetAsync("k"));
        (await client.TryGetAsync(cluster[survivor].Http, "late")).Status.ShouldBe(HttpStatusCode.NotFound);
        await client.PutAsync("k", "3");
        (await client.GetAsync("k")).ShouldBe("3");
        cluster.Passed();
    }

    /// <summary>The ids of the failovers in those lines of a node's log that contain a text.</summary>
    private static string[] Failovers(RealNode node, string text) =>
    [
        .. node.Log.Split('\n')
            .Where(line => line.Contains(text, StringComparison.Ordinal))
            .Where(line => line.Contains("failover=", StringComparison.Ordinal))
            .Select(line => line.Split("failover=")[1].Split(' ')[0])
            .Distinct(),
    ];
}
