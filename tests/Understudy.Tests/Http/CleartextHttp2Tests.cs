using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Understudy.Http;

namespace Understudy.Tests.Http;

public sealed class CleartextHttp2Tests : IAsyncDisposable
{
    private const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private const string EmptySettings = "\0\0\0\u0004\0\0\0\0\0";
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _clock = new();
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Socket> _sockets = [];
    private readonly HttpClient _client = new() { Timeout = _patience };
    private WebApplication _server = null!;

    [Fact]
    public async Task One_port_answers_both_versions_without_TLS()
    {
        await StartAsync();
        (await AskAsync("/", HttpVersion.Version20)).ShouldBe("GET HTTP/2 http!");
        (await AskAsync("/", HttpVersion.Version11)).ShouldBe("GET HTTP/1.1 http!");
    }

    [Fact]
    public async Task A_preface_may_come_byte_by_byte()
    {
        await StartAsync();
        var socket = await ConnectAsync();
        foreach (var one in Preface) await SendAsync(socket, one.ToString());
        await SendAsync(socket, EmptySettings);
        (await ReadAsync(socket, 9))[3].ShouldBe((byte)4, "a SETTINGS frame");
    }

    [Theory]
    [InlineData("P", "UT")]
    [InlineData("PR", "OPFIND")]
    [InlineData("PRI", "NT")]
    [InlineData("", "GET")]
    public async Task What_begins_almost_like_the_preface_is_HTTP_1(string first, string rest)
    {
        await StartAsync();
        var socket = await ConnectAsync();
        await SendAsync(socket, first);
        await SendAsync(socket, $"{rest} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        Encoding.ASCII.GetString(await ReadAsync(socket, int.MaxValue)).ShouldContain($"{first}{rest} HTTP/1.1 http");
    }

    [Theory]
    [InlineData("", 130, false)]
    [InlineData("PRI * HT", 30, true)]
    public async Task A_client_that_does_not_go_on_is_cut_as_Kestrel_would(
        string sent, int seconds, bool isForeverIdle)
    {
        await StartAsync(limits =>
        {
            if (isForeverIdle) limits.KeepAliveTimeout = Timeout.InfiniteTimeSpan;
        });
        var socket = await ConnectAsync();
        await SendAsync(socket, sent);
        var end = ReadAsync(socket, 1);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        using var limit = new CancellationTokenSource(_patience);
        for (var passed = 0; !end.IsCompleted; passed++)
        {
            await pace.WaitForNextTickAsync(limit.Token); // The server has to see the connection first.
            _clock.Advance(TimeSpan.FromSeconds(1));
            if (passed < seconds - 1) end.IsCompleted.ShouldBeFalse($"after {passed + 1} s");
        }

        (await end).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_client_that_sends_the_preface_a_byte_at_a_time_has_no_longer_for_it()
    {
        await StartAsync();
        var socket = await ConnectAsync();
        await SendAsync(socket, "P");
        var end = ReadAsync(socket, 1);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        using var limit = new CancellationTokenSource(_patience);
        for (var passed = 1; !end.IsCompleted; passed++)
        {
            await pace.WaitForNextTickAsync(limit.Token); // The server has to see what came first.
            if (passed is 40 or 80 or 120) socket.Send(Encoding.ASCII.GetBytes($"{Preface[passed / 40]}"));
            _clock.Advance(TimeSpan.FromSeconds(0.5));
            passed.ShouldBeLessThan(150, "half seconds: 30 s are for the whole preface");
        }

        (await end).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_connection_that_says_nothing_counts_as_one()
    {
        await StartAsync(limits => limits.MaxConcurrentConnections = 2);
        var idle = await ConnectAsync();
        (await AskAsync("/", HttpVersion.Version20)).ShouldStartWith("GET"); // The second one.
        (await ReadAsync(await ConnectAsync(), 1)).ShouldBeEmpty();
        await SendAsync(idle, Preface + EmptySettings);
        (await ReadAsync(idle, 9))[3].ShouldBe((byte)4);
    }

    [Fact]
    public async Task A_server_that_stops_ends_silent_connections_and_answers_what_it_took()
    {
        await StartAsync();
        var idle = await ConnectAsync();
        var asked = AskAsync("/held", HttpVersion.Version20);
        await _begun.Task.WaitAsync(_patience, TestContext.Current.CancellationToken);
        var stopped = _server.StopAsync(TestContext.Current.CancellationToken);
        (await ReadAsync(idle, 1)).ShouldBeEmpty();
        stopped.IsCompleted.ShouldBeFalse("it has a request to answer");
        _released.SetResult();
        (await asked).ShouldBe("GET HTTP/2 http!");
        await stopped.WaitAsync(_patience, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData('\u0087', "https")]
    [InlineData('\u0086', "http")]
    public async Task The_scheme_is_what_a_proxy_with_TLS_says(char scheme, string expected)
    {
        await StartAsync();
        var socket = await ConnectAsync();
        var headers = $"\u0082{scheme}\u0084\u0041\u0001x"; // GET, the scheme, "/", authority "x": RFC 7541.
        var frame = $"\0\0{(char)headers.Length}\u0001\u0005\0\0\0\u0001{headers}";
        await SendAsync(socket, Preface + EmptySettings + frame);
        var said = "";
        while (!said.EndsWith('!'))
        {
            var more = Encoding.Latin1.GetString(await ReadAsync(socket, 1));
            more.ShouldNotBeEmpty(said);
            said += more;
        }

        said.ShouldEndWith($"GET HTTP/2 {expected}!");
    }

    public async ValueTask DisposeAsync()
    {
        _released.TrySetResult();
        _client.Dispose();
        foreach (var socket in _sockets) socket.Dispose();
        await _server.DisposeAsync();
    }

    private async Task StartAsync(Action<KestrelServerLimits>? limit = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            limit?.Invoke(kestrel.Limits);
            kestrel.Listen(IPAddress.Loopback, 0, listen => CleartextHttp2.Offer(listen, _clock));
        });
        _server = builder.Build();
        _server.Run(AnswerAsync);
        await _server.StartAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/held")
        {
            _begun.SetResult();
            await _released.Task;
        }

        await context.Response.WriteAsync(
            $"{context.Request.Method} {context.Request.Protocol} {context.Request.Scheme}!");
    }

    private async Task<string> AskAsync(string path, Version version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_server.Urls.Single() + path))
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await _client.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _sockets.Add(socket);
        await socket.ConnectAsync(IPAddress.Loopback, new Uri(_server.Urls.Single()).Port);
        return socket;
    }

    private static async Task SendAsync(Socket socket, string text) =>
        await socket.SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>So many bytes, or what there is before the end.</summary>
    private static async Task<byte[]> ReadAsync(Socket socket, int most)
    {
        using var limit = new CancellationTokenSource(_patience);
        List<byte> all = [];
        var part = new byte[4096];
        while (all.Count < most)
        {
            var room = part.AsMemory(0, Math.Min(part.Length, most - all.Count));
            var read = await socket.ReceiveAsync(room, limit.Token);
            if (read == 0) break;
            all.AddRange(part[..read]);
        }

        return [.. all];
    }
}
