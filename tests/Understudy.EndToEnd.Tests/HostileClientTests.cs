using System.Globalization;
using System.Net;

namespace Understudy.EndToEnd.Tests;

/// <summary>
/// Clients that are slow, deaf, idle or gone, before a real node: what they take of it is measured from outside, and
/// given back; a client that behaves is served beside them.
/// </summary>
public sealed class HostileClientTests
{
    private const long Megabyte = 1 << 20;
    private const string AskBig = "GET /svc/kv/keys/big HTTP/1.1\r\nHost: node\r\n\r\n";

    /// <summary>What is loaded and compiled late, and what pools keep.</summary>
    private const long Slack = 80 * Megabyte;

    [Fact]
    public async Task Slow_and_deaf_clients_are_cut_give_everything_back_and_slow_nobody()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        var node = cluster[await cluster.PrimaryAsync()];
        await PutBigAsync(node);
        using var good = new GoodClient(node);
        await WarmUpAsync(node, good);
        var before = await NodeCost.AfterCollectionAsync(node);
        var alone = await good.MeasureAsync(300);

        using var clients = new HostileClients(node.Http);
        var count = Heavy.Of(100, 1000);
        var headers = await clients.OpenAsync(count, "GET /livez HTTP/1.1\r\nX-Slow: ");
        var bodies = await clients.OpenAsync(
            count, "PUT /svc/kv/keys/slow HTTP/1.1\r\nHost: node\r\nContent-Length: 100000\r\n\r\n");
        var deaf = Heavy.Of(25, 50);
        await OpenDeafAsync(clients, deaf, count);
        var dribbling = Task.WhenAll(HostileClients.DribbleAsync(headers), HostileClients.DribbleAsync(bodies));
        var beside = await good.MeasureAsync(300);
        var during = await NodeCost.AfterCollectionAsync(node);
        var said = await dribbling;
        said[0].ShouldAllBe(answer => answer.Contains(" 408 ", StringComparison.Ordinal));
        said[1].ShouldAllBe(answer => answer.Contains(" 408 ", StringComparison.Ordinal));

        // The streams go on: to them that do not read, nearly nothing is sent. All others are cut.
        await NodeCost.UntilSocketsAsync(node, before.Sockets + count + 2);
        clients.Dispose();
        await NodeCost.UntilSocketsAsync(node, before.Sockets + 2);
        var after = await NodeCost.AfterCollectionAsync(node);
        var again = await good.MeasureAsync(300);
        Heavy.Say($"{clients.Count} clients. before: {before}; during: {during}; after: {after}");
        Heavy.Say($"a good client alone: {alone}; beside: {beside}; alone again: {again}");
        during.Bytes.ShouldBeLessThan(before.Bytes + clients.Count * Megabyte / 8 + Slack);
        after.Bytes.ShouldBeLessThan(before.Bytes + Slack);
        beside.ShouldBeNear(alone, again);
        cluster.Passed();
    }

    /// <summary>At the primary's node, and at another one, which is sent each answer by the primary.</summary>
    [Fact]
    public async Task Clients_that_ask_two_nodes_for_gigabytes_and_never_read_slow_nobody()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        var primary = cluster[await cluster.PrimaryAsync()];
        var other = cluster.Nodes.Values.First(node => node != primary);
        await PutBigAsync(primary);
        using var good = new GoodClient(primary);
        using var goodElsewhere = new GoodClient(other);
        await good.MeasureAsync(200);
        Latency[] alone = [await good.MeasureAsync(200), await goodElsewhere.MeasureAsync(200)];
        var before = await NodeCost.AfterCollectionAsync(primary);

        using var clients = new HostileClients(primary.Http);
        using var clientsElsewhere = new HostileClients(other.Http);
        await clients.OpenAsync(250, Big(20), receiveBuffer: 4096);
        var beside = await good.MeasureAsync(200);
        var during = NodeCost.Of(primary);
        await clientsElsewhere.OpenAsync(Heavy.Of(100, 250), Big(20), receiveBuffer: 4096);
        Latency[] besideBoth = [await goodElsewhere.MeasureAsync(200), await good.MeasureAsync(200)];
        Heavy.Say($"{clients.Count} and {clientsElsewhere.Count} clients. before: {before}; during: {during}");
        Heavy.Say($"good clients alone: {alone[0]}, {alone[1]}; beside: {beside}, {besideBoth[0]}, {besideBoth[1]}");
        during.Bytes.ShouldBeLessThan(before.Bytes + clients.Count * Megabyte / 8 + Slack);
        beside.ShouldBeNear(alone);
        foreach (var each in besideBoth) each.ShouldBeNear(alone);
        primary.Log.ShouldNotContain("bytes wait to be sent");
        cluster.Passed();
    }

    [Fact]
    public async Task Many_long_changes_at_one_time_by_another_node_close_no_channel()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        var primary = cluster[await cluster.PrimaryAsync()];
        var other = cluster.Nodes.Values.First(node => node != primary);
        using var http = new HttpClient { BaseAddress = other.Http };
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));

        await Task.WhenAll(Enumerable.Range(0, 60).Select(PutAsync));

        foreach (var node in cluster.Nodes.Values) node.Log.ShouldNotContain("bytes wait to be sent");
        cluster.Passed();

        async Task PutAsync(int number)
        {
            HttpStatusCode status;
            do
            {
                using var content = new ByteArrayContent(new byte[Megabyte]);
                using var answer = await http.PutAsync($"/svc/kv/keys/long-{number}", content, limit.Token);
                status = answer.StatusCode;
            }
            while (status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway); // It took too long.
            status.ShouldBe(HttpStatusCode.NoContent);
        }
    }

    [Fact]
    public async Task Idle_connections_cost_some_kilobytes_each_and_nothing_when_they_have_ended()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        var node = cluster[await cluster.PrimaryAsync()];
        using var good = new GoodClient(node);
        await WarmUpAsync(node, good);
        var before = await NodeCost.AfterCollectionAsync(node);
        var alone = await good.MeasureAsync(300);

        using var clients = new HostileClients(node.Http);
        var count = Heavy.Of(1000, 10_000);
        await clients.OpenAsync(count / 2);
        await clients.AskAsync(count / 2);
        await cluster.ShapeAsync();
        var beside = await good.MeasureAsync(300);
        var during = await NodeCost.AfterCollectionAsync(node);
        during.Sockets.ShouldBeGreaterThanOrEqualTo(before.Sockets + count);
        clients.Dispose();
        await NodeCost.UntilSocketsAsync(node, before.Sockets + 2);
        var after = await NodeCost.AfterCollectionAsync(node);
        var again = await good.MeasureAsync(300);
        var each = (during.Bytes - before.Bytes) / count;
        Heavy.Say($"{count} idle connections, {each} bytes each. before: {before}; during: {during}; after: {after}");
        Heavy.Say($"a good client alone: {alone}; beside: {beside}; alone again: {again}");
        each.ShouldBeLessThan(64 * 1024);
        after.Bytes.ShouldBeLessThan(before.Bytes + Slack);
        beside.ShouldBeNear(alone, again);
        cluster.Passed();
    }

    [Fact]
    public async Task Held_requests_whose_clients_have_gone_leave_the_queue_at_once()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        var node = cluster[await cluster.PrimaryAsync()];
        foreach (var other in cluster.Nodes.Values.Where(other => other != node)) other.Signal(RealNode.Stop);
        using var http = new HttpClient();
        var witness = http.PutAsync(new Uri(node.Http, "/svc/kv/keys/held"), new StringContent("x"));
        await UntilHeldAsync(cluster, node, 1);
        using (var clients = new HostileClients(node.Http))
        {
            await clients.OpenAsync(
                100, "PUT /svc/kv/keys/gone HTTP/1.1\r\nHost: node\r\nContent-Length: 1\r\n\r\nx");
            await UntilHeldAsync(cluster, node, 101);
        }

        // They came after the witness, so their time is not up before its own.
        await UntilHeldAsync(cluster, node, 1);
        witness.IsCompleted.ShouldBeFalse("the request that came first waits still");
        using var answer = await witness;
        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway, "its primary has taken it, and may commit it yet");
        cluster.Passed();
    }

    /// <summary>The same on a small scale: what it loads and allocates once is no leak.</summary>
    private static async Task WarmUpAsync(RealNode node, GoodClient good)
    {
        using var clients = new HostileClients(node.Http);
        await clients.AskAsync(50);
        await OpenDeafAsync(clients, 5, 5);
        await good.MeasureAsync(200);
    }

    private static async Task OpenDeafAsync(HostileClients clients, int values, int streams)
    {
        await clients.OpenAsync(values, Big(10), receiveBuffer: 4096);
        await clients.OpenAsync(
            streams, "GET /api/v1/services/stream HTTP/1.1\r\nHost: node\r\n\r\n", receiveBuffer: 4096);
    }

    private static string Big(int times) => string.Concat(Enumerable.Repeat(AskBig, times));

    private static async Task PutBigAsync(RealNode node)
    {
        using var http = new HttpClient();
        using var put = await http.PutAsync(
            new Uri(node.Http, "/svc/kv/keys/big"), new StringContent(new string('x', (int)Megabyte)));
        put.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    private static Task UntilHeldAsync(RealCluster cluster, RealNode node, int count) => cluster.UntilAsync(
        string.Create(CultureInfo.InvariantCulture, $"{count} held requests"),
        statuses => statuses.Single().Requests.Sum(service => service.Waiting) == count,
        [.. cluster.Nodes.Keys.Where(id => id != node.Id)]);
}
