using System.Net;

namespace Understudy.EndToEnd.Tests;

public class PauseTests
{
    [Theory]
    [InlineData(3, false)]
    [InlineData(2, true)]
    [InlineData(5, false)]
    public async Task A_primary_that_was_stopped_for_longer_than_its_lease_serves_nothing_stale_and_rejoins(
        int voters, bool witness)
    {
        await using var cluster = await RealCluster.StartAsync(voters, witness);
        using var client = cluster.Client();
        await client.PutAsync("k", "old");
        var stopped = await cluster.PrimaryAsync();
        var before = await cluster.StatusAsync(cluster[stopped], TestContext.Current.CancellationToken);

        cluster[stopped].Signal(RealNode.Stop);
        (await cluster.PrimaryAsync(stopped)).ShouldNotBe(stopped);
        using (var others = cluster.Client([.. cluster.Nodes.Keys.Where(id => id != stopped)]))
            await others.PutAsync("k", "new");

        // These wait in the sockets of the stopped process: they are the first things it sees.
        var reads = Enumerable.Range(0, 8).Select(_ => client.TryGetAsync(cluster[stopped].Http, "k")).ToArray();
        cluster[stopped].Signal(RealNode.Continue);
        foreach (var (status, body) in await Task.WhenAll(reads))
        {
            if (status == HttpStatusCode.OK) body.ShouldBe("new");
            else status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }

        await cluster.ShapeAsync();
        var after = await cluster.StatusAsync(cluster[stopped], TestContext.Current.CancellationToken);
        after!.Node.Incarnation.ShouldBeGreaterThan(before!.Node.Incarnation);
        after.Node.Pid.ShouldBe(before.Node.Pid, "the node rejoins in the same process");
        cluster.Passed();
    }
}
