using System.Net.WebSockets;
using System.Text;
using Understudy.Client;
using Understudy.Kernel;

namespace Understudy.EndToEnd.Tests;

public sealed class StreamTests : IAsyncDisposable
{
    /// <summary>So many heartbeats after the next primary was seen, nobody hears the last one any more.</summary>
    private const int MostHeartbeats = 20;

    private readonly HttpClient _http = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(2));
    private SampleCluster _cluster = null!;

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _limit.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Whoever_hears_a_primary_by_another_node_hears_the_next_one_after_a_switchover_a_hang_and_a_kill()
    {
        _cluster = await SampleCluster.StartAsync("Understudy.Streams", "feed");
        await using var locator = new ServiceLocator(_cluster.Addresses);
        using var follower = new HttpClient(locator.CreateHandler("feed")) { BaseAddress = new Uri("http://feed/") };

        await MoveAsync(follower, (_, asked) => OperatorLine.DoAsync(asked, "switchover", "feed"));
        var hung = await MoveAsync(follower, (primary, _) => SignalAsync(primary, RealNode.Stop));
        hung.Signal(RealNode.Continue);
        await _cluster.ShapeAsync();
        await MoveAsync(follower, (primary, _) => SignalAsync(primary, RealNode.Kill));
        _cluster.Passed();
    }

    /// <summary>Moves the primary while it is heard.</summary>
    /// <returns>The last primary.</returns>
    private async Task<RealNode> MoveAsync(HttpClient follower, Func<RealNode, RealNode, Task> move)
    {
        var primary = _cluster[await _cluster.PrimaryAsync()];
        var asked = _cluster.Others(primary.Id)[0];
        using var events = await OpenAsync(_http, new Uri(asked.Http, "/svc/feed/events"));
        using var followed = await OpenAsync(follower, new Uri("http://feed/events"));
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{asked.Http.Authority}/svc/feed/socket"), _limit.Token);
        using var following = new ClientWebSocket();
        await following.ConnectAsync(new Uri("ws://feed/socket"), follower, _limit.Token);
        Task<Exception>[] heard =
        [
            HearAsync(events, primary), HearAsync(followed, primary),
            HearAsync(socket, primary), HearAsync(following, primary),
        ];

        await move(primary, asked);
        var next = await _cluster.PrimaryAsync(primary.Id);
        var heartbeats = 0;
        using (var pace = new PeriodicTimer(Profile.Lan.Heartbeat))
        {
            while (!heard.All(each => each.IsCompleted) && await pace.WaitForNextTickAsync(_limit.Token))
                (++heartbeats).ShouldBeLessThan(MostHeartbeats);
        }

        foreach (var each in heard[..2]) (await each).ShouldBeAssignableTo<IOException>();
        foreach (var each in heard[2..]) (await each).ShouldBeOfType<WebSocketException>();
        using var again = await OpenAsync(_http, new Uri(asked.Http, "/svc/feed/events"));
        (await again.ReadLineAsync(_limit.Token)).ShouldBe($"data: {next}");
        using var further = await OpenAsync(follower, new Uri("http://feed/events"));
        (await further.ReadLineAsync(_limit.Token)).ShouldBe($"data: {next}");
        return primary;
    }

    private static Task SignalAsync(RealNode node, int signal)
    {
        node.Signal(signal);
        return Task.CompletedTask;
    }

    private async Task<StreamReader> OpenAsync(HttpClient client, Uri events) =>
        new(await client.GetStreamAsync(events, _limit.Token));

    /// <summary>Hears only this primary, and how that breaks off.</summary>
    private async Task<Exception> HearAsync(StreamReader events, RealNode primary) =>
        await Should.ThrowAsync<Exception>(async () =>
        {
            while (true) (await events.ReadLineAsync(_limit.Token)).ShouldBe($"data: {primary.Id}");
        });

    private async Task<Exception> HearAsync(ClientWebSocket socket, RealNode primary) =>
        await Should.ThrowAsync<Exception>(async () =>
        {
            var buffer = new byte[16];
            while (true)
            {
                var received = await socket.ReceiveAsync(buffer, _limit.Token);
                Encoding.UTF8.GetString(buffer, 0, received.Count).ShouldBe(primary.Id);
            }
        });
}
