using System.Net;
using System.Net.WebSockets;
using Understudy.Services;

namespace Understudy.Tests.Web;

/// <summary>Answers outside turns whose primary is moved or lost while they are under way.</summary>
public sealed class StreamTests
{
    private static CancellationToken Ends => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Streams_break_off_when_their_primary_is_moved_or_lost_and_then_are_the_next_ones(bool isLost)
    {
        await using var cluster = await WebCluster.StartAsync();
        var first = cluster.Primary;
        UnderstudyNode[] asked = isLost ? [.. cluster.Others] : [.. cluster.Nodes];
        List<Uri> ways = [];
        foreach (var node in asked) ways.AddRange([cluster.Url(node, ""), new Uri(node.HttpAddress, "/svc/ledger/")]);
        if (isLost) ways.Add(cluster.Url(first, "")); // It loses its node, and goes on listening.
        List<StreamReader> streams = [];
        List<ClientWebSocket> sockets = [];
        foreach (var way in ways)
        {
            streams.Add(await OpenAsync(cluster, way, first));
            sockets.Add(await ConnectAsync(way));
        }

        if (isLost) await cluster.KillAsync(first);
        else await cluster.SwitchOverAsync();

        foreach (var stream in streams)
        {
            await Should.ThrowAsync<IOException>(() => stream.ReadLineAsync(Ends).AsTask());
            await cluster.Cut.WaitAsync(Ends); // And its endpoint has seen it.
            stream.Dispose();
        }

        foreach (var socket in sockets)
        {
            await Should.ThrowAsync<WebSocketException>(() => socket.ReceiveAsync(new byte[8], Ends));
            socket.Dispose();
        }

        foreach (var node in asked)
        {
            using var next = await OpenAsync(cluster, new Uri(node.HttpAddress, "/svc/ledger/"), null);
            cluster.Primary.ShouldNotBe(first);
        }
    }

    [Fact]
    public async Task A_read_whose_answer_has_not_begun_is_asked_of_the_next_primary_and_a_change_is_unknown()
    {
        await using var cluster = await WebCluster.StartAsync(shape => shape.Hold = new HoldConfiguration
        {
            Time = TimeSpan.FromSeconds(1),
        });
        var first = cluster.Primary;
        cluster.WaitsAt = first.Node;
        Uri[] ways = [cluster.Url(cluster.Others.First(), "/wait"), cluster.Url(first, "/wait")];
        Task<HttpResponseMessage>[] reads = [.. ways.Select(way => cluster.SendAsync(way))];
        Task<HttpResponseMessage>[] changes = [.. ways.Select(way => cluster.SendAsync(way, HttpMethod.Post))];
        for (var i = 0; i < 4; i++) await cluster.Waiting.WaitAsync(Ends);
        await cluster.SwitchOverAsync();

        foreach (var read in reads)
        {
            using var answer = await read;
            (answer.StatusCode, await answer.Content.ReadAsStringAsync(Ends)).ShouldBe(
                (HttpStatusCode.OK, cluster.Primary.Node));
        }

        foreach (var change in changes)
        {
            using var answer = await change;
            answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
            answer.Headers.Contains("Understudy-Node").ShouldBeTrue("the client library goes by a node's word only");
            (await answer.Content.ReadAsStringAsync(Ends)).ShouldContain("not known");
        }
    }

    [Fact]
    public async Task A_change_that_ends_soon_after_the_move_is_answered_by_the_primary_that_made_it()
    {
        await using var cluster = await WebCluster.StartAsync();
        var first = cluster.Primary;
        cluster.WaitsAt = first.Node;
        Uri[] ways = [cluster.Url(cluster.Others.First(), "/wait"), cluster.Url(first, "/wait")];
        Task<HttpResponseMessage>[] changes = [.. ways.Select(way => cluster.SendAsync(way, HttpMethod.Post))];
        foreach (var _ in changes) await cluster.Waiting.WaitAsync(Ends);
        await cluster.SwitchOverAsync();
        cluster.Finish.SetResult();
        foreach (var change in changes)
        {
            using var answer = await change;
            (await answer.Content.ReadAsStringAsync(Ends)).ShouldBe(first.Node);
        }
    }

    [Fact]
    public async Task A_stream_that_may_drain_outlasts_a_switchover_and_ends_in_order()
    {
        await using var cluster = await WebCluster.StartAsync(shape => shape.Drain = TimeSpan.FromMinutes(1));
        var first = cluster.Primary;
        List<StreamReader> streams = [];
        foreach (var node in cluster.Nodes)
            streams.Add(await OpenAsync(cluster, new Uri(node.HttpAddress, "/svc/ledger/"), first));
        await cluster.SwitchOverAsync();
        cluster.Finish.SetResult();
        foreach (var stream in streams)
        {
            (await stream.ReadLineAsync(Ends)).ShouldBe("data: end");
            (await stream.ReadLineAsync(Ends)).ShouldBeNull();
            stream.Dispose();
        }
    }

    /// <summary>Opens a stream, and hears at which node it is.</summary>
    private static async Task<StreamReader> OpenAsync(WebCluster cluster, Uri way, UnderstudyNode? primary)
    {
        var stream = new StreamReader(await cluster.Client.GetStreamAsync(new Uri(way, "stream"), Ends));
        (await stream.ReadLineAsync(Ends)).ShouldBe($"data: {(primary ?? cluster.Primary).Node}");
        return stream;
    }

    private static async Task<ClientWebSocket> ConnectAsync(Uri way)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(new Uri(way, "echo")) { Scheme = "ws" }.Uri, Ends);
        return socket;
    }
}
