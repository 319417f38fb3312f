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
    public async Task Every_acknowledged_write_is_there_after_all_were_killed_at_once()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        await using var load = new Load(cluster.Client());
        await load.GoOnAsync(50);
        foreach (var node in cluster.Nodes.Values) node.Signal(RealNode.Kill);
        foreach (var node in cluster.Nodes.Values) await node.ExitAsync(TestContext.Current.CancellationToken);
        foreach (var node in cluster.Nodes.Values) node.Start();
        await cluster.ShapeAsync();
        await load.GoOnAsync(20);
        await load.CheckAsync();
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
        (await client.TryPutAsync(cluster[survivor].Http, "k", "2")).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await client.TryGetAsync(cluster[survivor].Http, "k")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);

        foreach (var id in dead) cluster[id].Start();
        await cluster.ShapeAsync();
        await client.PutAsync("k", "3");
        (await client.GetAsync("k")).ShouldBe("3");
        cluster.Passed();
    }
}
