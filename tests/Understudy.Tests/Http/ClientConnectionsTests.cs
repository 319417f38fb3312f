using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Understudy.Hosting;
using Understudy.Http;
using Understudy.Kernel;

namespace Understudy.Tests.Http;

/// <summary>A node that may have two connections.</summary>
public sealed class ClientConnectionsTests : IAsyncLifetime
{
    private readonly List<Socket> _sockets = [];
    private HttpFixture _fixture = null!;

    public async ValueTask InitializeAsync() => _fixture = await HttpFixture.StartAsync(mostConnections: 2);

    public async ValueTask DisposeAsync()
    {
        foreach (var socket in _sockets) socket.Dispose();
        await _fixture.DisposeAsync();
    }

    [Fact]
    public async Task Beyond_the_bound_clients_are_told_and_the_operator_is_answered_once()
    {
        for (var i = 0; i < 2; i++) (await AskAsync(await ConnectAsync(), "/svc/kv/keys/a")).ShouldContain(" 404 ");
        var client = await AskAsync(await ConnectAsync(), "/svc/kv/keys/a");
        client.ShouldContain(" 503 ");
        client.ShouldContain("Retry-After: 1");
        client.ShouldContain("n1 has as many connections as it may. Ask another node, or try again.");
        foreach (var path in (string[])["/livez", "/health/kv/primary", "/api/v1/status"])
        {
            var answer = await AskAsync(await ConnectAsync(), path);
            answer.ShouldContain(" 200 ");
            answer.ShouldContain("Connection: close");
        }

        (await AskAsync(_sockets[0], "/svc/kv/keys/a")).ShouldContain(" 404 ", customMessage: "who is in is served");
    }

    [Fact]
    public async Task A_connection_that_has_ended_makes_room_for_another()
    {
        for (var i = 0; i < 2; i++) (await AskAsync(await ConnectAsync(), "/svc/kv/keys/a")).ShouldContain(" 404 ");
        _sockets[0].Dispose();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!(await AskAsync(await ConnectAsync(), "/svc/kv/keys/a")).Contains(" 404 ", StringComparison.Ordinal))
            await pace.WaitForNextTickAsync(limit.Token);
    }

    [Fact]
    public async Task Of_those_beyond_the_bound_few_are_taken_and_none_may_be_idle()
    {
        for (var i = 0; i < 2; i++) (await AskAsync(await ConnectAsync(), "/svc/kv/keys/a")).ShouldContain(" 404 ");
        List<Socket> idle = [];
        for (var i = 0; i < ClientConnections.MostSurplus + 20; i++) idle.Add(await ConnectAsync());
        foreach (var socket in idle) (await SaysAsync(socket)).ShouldBeEmpty("it is closed");
        (await AskAsync(await ConnectAsync(), "/livez")).ShouldContain(" 200 ");
    }

    /// <summary>The numbers are Linux's; a day when one is lost, a client that has vanished stays for hours.</summary>
    [Fact]
    public async Task A_connection_is_asked_three_times_whether_it_is_there_cut_if_deaf_and_given_little_in_advance()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The options have other numbers elsewhere.");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(client);
        await client.ConnectAsync(listener.LocalEndpoint);
        using var accepted = await listener.AcceptSocketAsync();
        await using var connection = new DefaultConnectionContext();
        connection.Features.Set<IConnectionSocketFeature>(new Accepted(accepted));
        var files = new OpenFiles(new NodeId("n1"), NullLogger.Instance, TimeProvider.System);

        new ClientConnections(10, files, NullLogger.Instance, TimeProvider.System).TryAdmit(connection)
            .ShouldBeTrue();

        Option(accepted, 1, 9).ShouldBe(1, "SO_KEEPALIVE");
        Option(accepted, 6, 4).ShouldBe(15, "TCP_KEEPIDLE, in seconds");
        Option(accepted, 6, 5).ShouldBe(5, "TCP_KEEPINTVL, in seconds");
        Option(accepted, 6, 6).ShouldBe(3, "TCP_KEEPCNT: one lost packet ends nothing");
        Option(accepted, 6, 18).ShouldBe(30_000, "TCP_USER_TIMEOUT, in milliseconds");
        Option(accepted, 6, 25).ShouldBe(64 * 1024, "TCP_NOTSENT_LOWAT, in bytes");
    }

    private static int Option(Socket socket, int level, int name)
    {
        Span<byte> value = stackalloc byte[sizeof(int)];
        socket.GetRawSocketOption(level, name, value);
        return BitConverter.ToInt32(value);
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(socket);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, _fixture.Client.BaseAddress!.Port);
        }
        catch (SocketException)
        {
            // It is reset already.
        }

        return socket;
    }

    private static async Task<string> AskAsync(Socket socket, string path)
    {
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: node\r\n\r\n"));
        }
        catch (SocketException)
        {
            return ""; // It is closed by now.
        }

        return await SaysAsync(socket);
    }

    private static async Task<string> SaysAsync(Socket socket)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            var count = await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(30));
            return Encoding.UTF8.GetString(buffer, 0, count);
        }
        catch (SocketException)
        {
            return "";
        }
    }

    private sealed record Accepted(Socket Socket) : IConnectionSocketFeature;
}
