using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Understudy.Kv;
using Understudy.Protocol;

namespace Understudy.Tests.Http;

/// <summary>What is too large or too much has a clear answer, and an end in order.</summary>
public sealed class HttpLimitsTests : IAsyncLifetime
{
    private HttpFixture _fixture = null!;

    public async ValueTask InitializeAsync() => _fixture = await HttpFixture.StartAsync();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    public static TheoryData<string, string, string> TooMuch => new()
    {
        { "a header of 40 KB", $"GET /livez HTTP/1.1\r\nHost: node\r\nX: {new string('x', 40_000)}\r\n\r\n", "431" },
        {
            "101 headers",
            $"GET /livez HTTP/1.1\r\n{string.Concat(Enumerable.Range(0, 101).Select(i => $"X-{i}: 1\r\n"))}\r\n",
            "431"
        },
        { "a target of 10 KB", $"GET /{new string('x', 10_000)} HTTP/1.1\r\nHost: node\r\n\r\n", "414" },
        { "no HTTP", "HELO node\r\n\r\n", "400" },
        { "two hosts", "GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400" },
        {
            "a body of a length that is none",
            "PUT /svc/kv/keys/a HTTP/1.1\r\nHost: node\r\nContent-Length: x\r\n\r\n",
            "400"
        },
        {
            "a body whose chunks are none",
            "PUT /svc/kv/keys/a HTTP/1.1\r\nHost: node\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n",
            "400"
        },
    };

    [Theory, MemberData(nameof(TooMuch))]
    public async Task A_request_beyond_a_limit_is_told_so_and_its_connection_ends(
        string what, string request, string status)
    {
        using var socket = await ConnectAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        var said = await ReadToEndAsync(socket);
        said.ShouldStartWith($"HTTP/1.1 {status} ", customMessage: what);
        said.ShouldContain("Connection: close");
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_body_beyond_the_limit_is_told_so_and_the_next_request_is_answered(bool hasLength)
    {
        using var socket = await ConnectAsync();
        var length = KvLimits.ValueBytes + 1;
        var frame = hasLength
            ? string.Create(CultureInfo.InvariantCulture, $"Content-Length: {length}\r\n\r\n")
            : string.Create(CultureInfo.InvariantCulture, $"Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n");
        await socket.SendAsync(Encoding.ASCII.GetBytes($"PUT /svc/kv/keys/a HTTP/1.1\r\nHost: node\r\n{frame}"));
        await socket.SendAsync(new byte[length]);
        if (!hasLength) await socket.SendAsync("\r\n0\r\n\r\n"u8.ToArray());
        await socket.SendAsync("GET /livez HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n"u8.ToArray());
        var said = await ReadToEndAsync(socket);
        said.ShouldStartWith("HTTP/1.1 413 ");
        said.ShouldContain($"A value may have up to {KvLimits.ValueBytes} bytes.");
        said.ShouldContain("HTTP/1.1 200 OK");
    }

    [Fact]
    public async Task Who_announces_much_and_sends_little_leaves_the_room_to_others()
    {
        await using var small = await HttpFixture.StartAsync(new HoldBounds(100, 1 << 20, TimeSpan.FromSeconds(5)));
        List<Socket> slow = [];
        for (var i = 1; i <= 10; i++)
        {
            slow.Add(await ConnectAsync(small));
            await slow[^1].SendAsync(
                "PUT /svc/kv/keys/a HTTP/1.1\r\nHost: node\r\nContent-Length: 1000000\r\n\r\nx"u8.ToArray());
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (small.Waiting.Requests < slow.Count) await pace.WaitForNextTickAsync(limit.Token);
        using var put = await small.Client.PutAsync("/svc/kv/keys/b", new ByteArrayContent(new byte[500_000]));
        put.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        foreach (var socket in slow) socket.Dispose();
    }

    private Task<Socket> ConnectAsync() => ConnectAsync(_fixture);

    private static async Task<Socket> ConnectAsync(HttpFixture node)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", node.Client.BaseAddress!.Port);
        return socket;
    }

    private static async Task<string> ReadToEndAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket);
        using var said = new MemoryStream();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await stream.CopyToAsync(said, limit.Token);
        return Encoding.UTF8.GetString(said.ToArray());
    }
}
