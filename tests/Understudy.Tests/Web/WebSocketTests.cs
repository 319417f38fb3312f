using System.Net;
using System.Net.WebSockets;
using System.Text;
using Understudy.Services;

namespace Understudy.Tests.Web;

/// <summary>WebSockets to endpoints of a service: they run at its primary, outside turns.</summary>
public sealed class WebSocketTests : IAsyncLifetime
{
    private const string Host = "ledger.example.com";

    private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler());
    private WebCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await WebCluster.StartAsync();

    public ValueTask DisposeAsync()
    {
        _invoker.Dispose();
        return _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_web_socket_opened_at_any_node_is_the_primary_s_and_is_closed_in_order_from_both_sides()
    {
        foreach (var node in _cluster.Nodes)
        {
            foreach (var (way, host) in Ways(node))
            {
                foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
                {
                    // By HTTP/2 an application's own listener wants TLS.
                    if (version == HttpVersion.Version20 && way.Port != node.HttpAddress.Port) continue;
                    await EchoAsync(way, host, version);
                }
            }
        }
    }

    private IEnumerable<(Uri Way, string? Host)> Ways(UnderstudyNode node) =>
    [
        (_cluster.Url(node, "/echo"), null),
        (new Uri(node.HttpAddress, "/svc/ledger/echo"), null),
        (new Uri(node.HttpAddress, "/echo"), Host),
    ];

    private async Task EchoAsync(Uri way, string? host, Version version)
    {
        using (var socket = await OpenAsync(way, host, version))
        {
            await SayAsync(socket, "again");
            await socket.CloseAsync(WebSocketCloseStatus.PolicyViolation, "enough", CancellationToken.None);
            (socket.CloseStatus, socket.CloseStatusDescription, socket.State).ShouldBe(
                (WebSocketCloseStatus.PolicyViolation, "enough heard", WebSocketState.Closed));
        }

        using (var socket = await OpenAsync(way, host, version))
        {
            await socket.SendAsync("bye"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
            var heard = await socket.ReceiveAsync(new byte[256], CancellationToken.None);
            heard.MessageType.ShouldBe(WebSocketMessageType.Close);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
            (socket.CloseStatus, socket.CloseStatusDescription, socket.State).ShouldBe(
                (WebSocketCloseStatus.EndpointUnavailable, "bye", WebSocketState.Closed));
        }
    }

    private async Task<ClientWebSocket> OpenAsync(Uri way, string? host, Version version)
    {
        var socket = new ClientWebSocket();
        socket.Options.HttpVersion = version;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        if (host is not null) socket.Options.SetRequestHeader("Host", host);
        await socket.ConnectAsync(
            new UriBuilder(way) { Scheme = "ws" }.Uri, _invoker, TestContext.Current.CancellationToken);
        await SayAsync(socket, "hello");
        return socket;
    }

    private async Task SayAsync(ClientWebSocket socket, string said)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(said), WebSocketMessageType.Text, true, CancellationToken.None);
        var buffer = new byte[256];
        var heard = await socket.ReceiveAsync(buffer, CancellationToken.None);
        Encoding.UTF8.GetString(buffer, 0, heard.Count).ShouldBe($"{said} at {_cluster.Primary.Node}");
    }
}
