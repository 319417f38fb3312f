using System.Net;

namespace Understudy.EndToEnd.Tests;

public class OperationsTests
{
    [Fact]
    public async Task Switchovers_under_load_lose_nothing_do_nothing_twice_and_fail_no_request()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 4);
        var client = cluster.Client();
        await using var load = new Load(client);
        await load.GoOnAsync(50);
        for (var round = 0; round < 4; round++)
        {
            var from = await cluster.PrimaryAsync();
            var to = cluster.Nodes.Keys.First(id => id != from && (round % 2 == 0 || id != "n1"));
            var said = await OperatorLine.DoAsync(cluster[from], "switchover", "kv", "--to", to);
            said.ShouldEndWith($"The primary of kv is on {to} now.\n");
            await load.GoOnAsync(50);
            (await cluster.PrimaryAsync()).ShouldBe(to);
        }

        client.Refusals.ShouldBe(0, "requests are held, not refused");
        await load.CheckAsync();
        cluster.Passed();
    }

    [Fact]
    public async Task A_node_is_drained_and_takes_part_again_while_clients_write()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 4);
        var client = cluster.Client();
        await using var load = new Load(client);
        await load.GoOnAsync(50);
        var drained = await cluster.PrimaryAsync();
        var said = await OperatorLine.DoAsync(cluster[drained], "node", "drain", drained);
        said.ShouldEndWith($"{drained} is drained and hosts nothing.\n");
        (await cluster.PrimaryAsync()).ShouldNotBe(drained);
        await cluster.UntilAsync("the drained node in every status", statuses => statuses.All(status =>
            status.Nodes.Single(node => node.Id == drained).Drained
            && status.Services.Single() is { Secondaries.Count: 2, Spares.Count: 0 } kv
            && !kv.Secondaries.Contains(drained)));

        await OperatorLine.DoAsync(cluster[drained], "node", "undrain", drained);
        await cluster.ShapeAsync();
        client.Refusals.ShouldBe(0, "requests are held, not refused");
        await load.CheckAsync();
        cluster.Passed();
    }

    [Fact]
    public async Task A_service_is_added_used_on_every_node_and_removed_while_the_cluster_runs()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        await OperatorLine.DoAsync(
            cluster["n1"], "service", "add", "orders", "--secondaries", "1", "--spares", "0", "--prefer", "n2");
        await cluster.UntilAsync("the new service", statuses => statuses.All(status =>
            status.Services.SingleOrDefault(each => each.Name == "orders") is { Primary: "n2", Secondaries.Count: 1 }));

        using var http = new HttpClient();
        foreach (var node in cluster.Nodes.Values)
        {
            using var put = await http.PutAsync(Key(node, "orders"), new StringContent(node.Id));
            put.StatusCode.ShouldBe(HttpStatusCode.NoContent, await put.Content.ReadAsStringAsync());
            foreach (var other in cluster.Nodes.Values)
                (await http.GetStringAsync(Key(other, "orders"))).ShouldBe(node.Id, $"at {other.Id}");
        }

        await OperatorLine.DoAsync(cluster["n3"], "service", "remove", "orders");
        await cluster.UntilAsync("the service gone", statuses => statuses.All(status => status.Services.Count == 1));
        foreach (var node in cluster.Nodes.Values)
            (await http.GetAsync(Key(node, "orders"))).StatusCode.ShouldBe(HttpStatusCode.NotFound, $"at {node.Id}");
        var manager = await ManagerAsync(cluster); // Other copies of the registry may lag a moment behind.
        var history = await OperatorLine.DoAsync(cluster[manager], "history", "--service", "orders");
        history.ShouldContain("orders is removed");
        cluster.Passed();
    }

    [Fact]
    public async Task A_hold_survives_the_replica_managers_node_and_is_carried_out_once()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        var manager = await ManagerAsync(cluster);
        var other = cluster.Nodes.Values.First(node => node.Id != manager);
        string[] hold = ["hold", "--key", "the-hold"];
        var said = await OperatorLine.DoAsync(other, hold);

        cluster[manager].Signal(RealNode.Kill);
        await cluster[manager].ExitAsync(TestContext.Current.CancellationToken);
        await cluster.UntilAsync("the next replica manager, which holds as well", statuses => statuses.All(status =>
            status is { Held: true, ReplicaManager.Primary: { } next } && next != manager));
        await OperatorLine.DoAsync(other, "resume");
        (await OperatorLine.DoAsync(other, hold)).ShouldBe(said);
        cluster[manager].Start();
        await cluster.ShapeAsync();
        await cluster.UntilAsync("the hold ended", statuses => statuses.All(status => !status.Held));
        cluster.Passed();
    }

    [Fact]
    public async Task The_replica_manager_is_switched_over_under_load_disturbs_no_client_and_decides_at_the_target()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        var client = cluster.Client();
        await using var load = new Load(client);
        await load.GoOnAsync(50);
        var primary = await cluster.PrimaryAsync();
        for (var round = 0; round < 4; round++)
        {
            var from = await ManagerAsync(cluster);
            var to = cluster.Nodes.Keys.First(id => id != from && (round % 2 == 0 || id != "n1"));
            var said = await OperatorLine.DoAsync(cluster[from], "switchover", "rm", "--to", to);
            said.ShouldEndWith($"The replica manager is on {to} now.\n");
            await load.GoOnAsync(50);
            (await ManagerAsync(cluster)).ShouldBe(to);
            // It decides there.
            await OperatorLine.DoAsync(cluster[from], "service", round % 2 == 0 ? "hold" : "resume", "kv");
            var history = await OperatorLine.DoAsync(cluster[to], "history", "--service", "rm");
            history.ShouldContain($"an operator asked for {to}");
        }

        (await cluster.PrimaryAsync()).ShouldBe(primary, "nothing else moves");
        client.Refusals.ShouldBe(0);
        await load.CheckAsync();
        cluster.Passed();
    }

    [Fact]
    public async Task The_replica_manager_leaves_a_node_that_is_drained()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        var drained = await ManagerAsync(cluster);
        await OperatorLine.DoAsync(cluster[drained], "node", "drain", drained, "--no-wait");
        await cluster.UntilAsync("the replica manager elsewhere", statuses => statuses.All(status =>
            status.ReplicaManager is { Primary: { } next, Operation: null } && next != drained));
        cluster.Passed();
    }

    private static async Task<string> ManagerAsync(RealCluster cluster)
    {
        var manager = "";
        await cluster.UntilAsync("one replica manager", statuses =>
        {
            var named = statuses.Select(status => status.ReplicaManager?.Primary).Distinct().ToArray();
            manager = named is [{ } one] ? one : "";
            return manager.Length > 0;
        });
        return manager;
    }

    private static Uri Key(RealNode node, string service) => new(node.Http, $"/svc/{service}/keys/k");
}
