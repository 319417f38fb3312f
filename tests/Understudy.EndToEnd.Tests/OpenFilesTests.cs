using System.Net;
using System.Net.Sockets;

namespace Understudy.EndToEnd.Tests;

/// <summary>Real nodes that may open few files, and strangers at the port of a node's peers.</summary>
public sealed class OpenFilesTests
{
    [Fact]
    public async Task A_node_with_few_files_left_says_so_serves_whom_it_has_fails_over_and_recovers()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        var primary = await cluster.PrimaryAsync();
        var node = cluster.Nodes.Values.First(each => each.Id != primary);
        using var good = new GoodClient(node);
        await good.MeasureAsync(20);
        var before = NodeCost.Of(node);
        node.LimitFiles(Directory.GetFileSystemEntries($"/proc/{node.Pid}/fd").Length + 150);
        using (var clients = new HostileClients(node.Http))
        {
            await clients.OpenAsync(400);
            await good.MeasureAsync(50);
            await UntilAsync(node, "/livez", HttpStatusCode.OK);
            (await UntilAsync(node, "/svc/kv/keys/good", HttpStatusCode.ServiceUnavailable))
                .ShouldContain("as many connections as it may");
            node.Log.ShouldContain("LimitNOFILE");

            // Whatever it needs files and threads for goes on.
            cluster[primary].Signal(RealNode.Kill);
            await cluster[primary].ExitAsync(TestContext.Current.CancellationToken);
            await cluster.PrimaryAsync(without: primary);
            await good.MeasureAsync(50);
            cluster[primary].Start();
            await cluster.ShapeAsync();
        }

        await UntilAsync(node, "/svc/kv/keys/good", HttpStatusCode.OK);
        await NodeCost.UntilSocketsAsync(node, before.Sockets + 10);
        cluster.Passed();
    }

    [Fact]
    public async Task Strangers_who_connect_to_the_peers_port_and_say_nothing_keep_no_peer_out()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        var primary = await cluster.PrimaryAsync();
        var node = cluster.Nodes.Values.First(each => each.Id != primary);
        using var good = new GoodClient(node);
        var alone = await good.MeasureAsync(200);
        var before = NodeCost.Of(node);
        using var stop = new CancellationTokenSource();
        var strangers = Task.Run(() => FloodAsync(node.Peers!, stop.Token));
        var beside = await good.MeasureAsync(200);
        cluster[primary].Signal(RealNode.Kill);
        await cluster[primary].ExitAsync(TestContext.Current.CancellationToken);
        cluster[primary].Start();
        await cluster.ShapeAsync();
        await stop.CancelAsync();
        Heavy.Say($"{await strangers} strangers; a good client alone: {alone}; beside: {beside}");
        await NodeCost.UntilSocketsAsync(node, before.Sockets + 10);
        var after = NodeCost.Of(node);
        after.Threads.ShouldBeLessThan(before.Threads + 40, "one for each stranger would be hundreds");
        beside.ShouldBeNear(alone, await good.MeasureAsync(200));
        cluster.Passed();
    }

    /// <summary>Keeps a hundred silent connections open, always new ones.</summary>
    private static async Task<int> FloodAsync(Uri peers, CancellationToken stop)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        Queue<HostileClients> open = [];
        var count = 0;
        while (!stop.IsCancellationRequested)
        {
            open.Enqueue(new HostileClients(peers));
            count += (await open.Last().OpenAsync(20)).Count;
            if (open.Count > 5) open.Dequeue().Dispose();
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }

        foreach (var clients in open) clients.Dispose();
        return count;
    }

    /// <summary>Asks on new connections until one is answered like this; others may be closed unanswered.</summary>
    private static async Task<string> UntilAsync(RealNode node, string path, HttpStatusCode status)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            try
            {
                using var http = new HttpClient();
                using var answer = await http.GetAsync(new Uri(node.Http, path), limit.Token);
                var text = await answer.Content.ReadAsStringAsync(limit.Token);
                if (answer.StatusCode == status) return text;
            }
            catch (Exception e) when (e is HttpRequestException or SocketException)
            {
                // Too many at this moment.
            }

            await pace.WaitForNextTickAsync(limit.Token);
        }
    }
}
