namespace Understudy.EndToEnd.Tests;

public class StopTests
{
    [Fact]
    public async Task No_request_fails_while_a_primary_is_stopped_in_order()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 4);
        var stopped = await cluster.PrimaryAsync();
        var others = cluster.Nodes.Keys.Where(id => id != stopped).ToArray();
        var client = cluster.Client(others);
        await using var load = new Load(client);
        await load.GoOnAsync(50);

        cluster[stopped].Signal(RealNode.Terminate);
        (await cluster[stopped].ExitAsync(TestContext.Current.CancellationToken)).ShouldBe(0);
        await load.GoOnAsync(50);
        (await cluster.PrimaryAsync()).ShouldNotBe(stopped);

        client.Refusals.ShouldBe(0, "requests at the other nodes are held, not refused");
        cluster[stopped].Start();
        await cluster.ShapeAsync();
        await load.CheckAsync();
        cluster.Passed();
    }

    [Fact]
    public async Task A_request_that_the_stopping_node_cannot_answer_is_answered_by_another()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        await using var load = new Load(cluster.Client());
        await load.GoOnAsync(20);
        var stopped = await cluster.PrimaryAsync();
        cluster[stopped].Signal(RealNode.Terminate);
        (await cluster[stopped].ExitAsync(TestContext.Current.CancellationToken)).ShouldBe(0);
        await load.GoOnAsync(50);
        await load.CheckAsync();
        cluster.Passed();
    }

    [Fact]
    public async Task Every_request_that_the_stopping_node_took_is_answered()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 4);
        var acknowledged = 0L;
        for (var round = 0; round < 3; round++)
        {
            var stopped = await cluster.PrimaryAsync();
            await using var load = new OneNodeLoad(cluster[stopped].Http);
            await load.GoOnAsync(50);
            cluster[stopped].Signal(RealNode.Terminate);
            (await cluster[stopped].ExitAsync(TestContext.Current.CancellationToken)).ShouldBe(0);
            acknowledged += await load.EndAsync();
            using var reader = cluster.Client([.. cluster.Nodes.Keys.Where(id => id != stopped)]);
            (await reader.GetAsync(OneNodeLoad.Counter)).ShouldBe($"{acknowledged}", "an answer was refused, or lost");
            cluster[stopped].Start();
            await cluster.ShapeAsync();
        }

        cluster.Passed();
    }
}
