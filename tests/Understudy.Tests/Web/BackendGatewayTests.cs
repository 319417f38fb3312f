using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Understudy.Contracts;

namespace Understudy.Tests.Web;

public sealed class BackendGatewayTests : IAsyncDisposable
{
    private BackendFixture _http = null!;

    [Fact]
    public async Task A_request_waits_for_a_primary_and_goes_to_its_program_as_it_is()
    {
        _http = await BackendFixture.StartAsync();
        var asked = _http.SendAsync("GET", "/a/b%2Fc?q=%2F");
        _http.Learn(BackendFixture.N2);
        using var answer = await asked;
        var host = _http.Url.Authority;
        (await answer.Content.ReadAsStringAsync()).ShouldBe(
            $"n2 HTTP/1.1 /a/b%2Fc?q=%2F {host} For=127.0.0.1 Host={host} Prefix=/svc/shop Proto=http");
        answer.Headers.GetValues("Understudy-Node").ShouldBe(["n2"]);
    }

    [Fact]
    public async Task A_change_without_a_key_that_was_sent_is_not_sent_again_and_its_client_is_told()
    {
        _http = await BackendFixture.StartAsync();
        _http.Learn(BackendFixture.N1);
        var asked = _http.SendAsync("POST", "/held", "one");
        await _http.ReachedAsync();
        _http.Learn(BackendFixture.N2);
        using var answer = await asked;
        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        var problem = await answer.Content.ReadFromJsonAsync(ContractsJson.Default.ProblemDocument);
        problem!.Detail!.ShouldContain("Whether it took effect is not known");
        _http.Seen.ShouldBe(["n1 POST one"]);
    }

    [Fact]
    public async Task A_body_that_its_own_client_spoils_while_it_is_forwarded_is_400_and_not_of_unknown_outcome()
    {
        _http = await BackendFixture.StartAsync();
        _http.Learn(BackendFixture.N2);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_http.Url.Host, _http.Url.Port);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync("POST /held HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"u8
            .ToArray());
        await _http.UntilAsync(status => status.Forwarded == 1);
        await stream.WriteAsync("no chunk\r\n"u8.ToArray());
        (await new StreamReader(stream).ReadLineAsync()).ShouldBe("HTTP/1.1 400 Bad Request");
    }

    [Theory]
    [InlineData("POST", "one", "k1")]
    [InlineData("DELETE", null, "k1")]
    [InlineData("GET", null, null)]
    [InlineData("HEAD", null, null)]
    public async Task What_may_be_sent_again_is_answered_by_the_next_primary(string method, string? body, string? key)
    {
        _http = await BackendFixture.StartAsync();
        _http.Learn(BackendFixture.N1);
        var asked = _http.SendAsync(method, "/held", body, key);
        await _http.ReachedAsync();
        _http.Learn(null);
        _http.Learn(BackendFixture.N2);
        using var answer = await asked;
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        if (method != "HEAD") (await answer.Content.ReadAsStringAsync()).ShouldBe($"n2 has {body}");
        _http.Seen.ShouldBe([$"n1 {method} {body}".TrimEnd(), $"n2 {method} {body}".TrimEnd()]);
    }

    [Theory]
    [InlineData("one")]
    [InlineData(null)]
    public async Task A_change_on_a_connection_that_was_used_before_and_broke_is_not_sent_again(string? body)
    {
        _http = await BackendFixture.StartAsync();
        _http.Learn(BackendFixture.N1);
        (await _http.SendAsync("GET", "/first")).Dispose();
        var asked = _http.SendAsync("POST", "/held", body);
        await _http.ReachedAsync();
        await _http.Broken.CancelAsync();
        using var answer = await asked;
        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        _http.Seen.ShouldBe([$"n1 POST {body}".TrimEnd()]);
    }

    [Fact]
    public async Task A_change_that_was_not_sent_goes_on_to_the_next_primary()
    {
        _http = await BackendFixture.StartAsync();
        await _http.StopFirstAsync();
        _http.Learn(BackendFixture.N1);
        var asked = _http.SendAsync("POST", "/held", "one");
        _http.Learn(BackendFixture.N2);
        using var answer = await asked;
        (await answer.Content.ReadAsStringAsync()).ShouldBe("n2 has one");
    }

    [Fact]
    public async Task A_program_that_takes_no_connection_is_named_until_it_does_or_another_is_the_primary_s()
    {
        _http = await BackendFixture.StartAsync();
        await _http.StopFirstAsync();
        _http.Learn(BackendFixture.N1);
        _http.Reason.ShouldBeNull("nobody has asked");
        var asked = _http.SendAsync("GET", "/first");
        await BackendFixture.UntilAsync(() => _http.Reason is not null);
        _http.Reason.ShouldStartWith("shop: its program on n1 took no connection at http://127.0.0.1:");

        _http.Learn(BackendFixture.N2);
        using var answer = await asked;
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        _http.Reason.ShouldBeNull();
    }

    [Fact]
    public async Task An_answer_that_has_begun_is_broken_off_when_the_primary_moves()
    {
        _http = await BackendFixture.StartAsync();
        _http.Learn(BackendFixture.N1);
        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            _http.Learn(BackendFixture.N1);
            using var answer = await _http.SendAsync("GET", "/begun", version: version);
            await _http.ReachedAsync();
            _http.Learn(BackendFixture.N2);
            var read = answer.Content.ReadAsStringAsync();
            (await Should.ThrowAsync<HttpRequestException>(read)).InnerException.ShouldBeAssignableTo<IOException>();
        }
    }

    [Fact]
    public async Task Nothing_is_at_a_program_when_the_lease_has_ended()
    {
        _http = await BackendFixture.StartAsync();
        _http.Learn(BackendFixture.N1);
        var change = _http.SendAsync("POST", "/held", "one");
        var read = _http.SendAsync("GET", "/held");
        await _http.ReachedAsync(2);
        _http.Clock.Advance(BackendFixture.Lease);
        (await change).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await read).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, "its time to wait is over, too");
    }

    [Fact]
    public async Task Clients_may_go_away_in_the_moment_in_which_their_requests_go_on()
    {
        _http = await BackendFixture.StartAsync();
        using var end = new CancellationTokenSource();
        var moving = Task.Run(() =>
        {
            while (!end.IsCancellationRequested) _http.Learn(_http.Status.Held > 5 ? BackendFixture.N1 : null);
        });
        for (var round = 0; round < 300 && _http.Failures.IsEmpty; round++)
        {
            using var gone = new CancellationTokenSource();
            Task[] asked = [.. Enumerable.Range(0, 10).Select(_ => _http.AskAndGoAsync(gone.Token))];
            await gone.CancelAsync();
            await Task.WhenAll(asked);
        }

        await end.CancelAsync();
        await moving;
        _http.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_learned_last_counts()
    {
        _http = await BackendFixture.StartAsync();
        using var end = new CancellationTokenSource();
        var watching = Task.Run(() =>
        {
            while (!end.IsCancellationRequested) _ = _http.Status; // Has the others wait for their turns.
        });
        for (var round = 0; round < 200; round++)
        {
            for (var i = 0; i < 20; i++) _http.Learn(BackendFixture.N1);
            _http.Learn(BackendFixture.N2);
            (await _http.SendAsync("GET", "/until-it-is-learned")).Dispose();
            using var answer = await _http.SendAsync("GET", "/first");
            (await answer.Content.ReadAsStringAsync()).ShouldStartWith("n2", customMessage: $"round {round}");
        }

        await end.CancelAsync();
        await watching;
    }

    [Fact]
    public async Task A_request_that_waited_too_long_and_one_too_many_are_told_when_to_come_again()
    {
        _http = await BackendFixture.StartAsync(most: 1);
        var first = _http.SendAsync("GET", "/a");
        var second = _http.SendAsync("GET", "/a");
        using (var many = await await Task.WhenAny(first, second))
            await RefusedAsync(many, "max-requests in [service.shop.hold]");
        _http.Clock.Advance(TimeSpan.FromSeconds(5));
        foreach (var asked in (Task<HttpResponseMessage>[])[first, second])
        {
            using var answer = await asked;
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }
    }

    [Fact]
    public async Task A_client_that_goes_away_makes_room()
    {
        _http = await BackendFixture.StartAsync();
        using var gone = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_http.Url, "/held"));
        var first = _http.Client.SendAsync(request, gone.Token);
        await _http.UntilAsync(status => status.Held == 1);
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);
        await _http.UntilAsync(status => status.Held == 0);
        _http.Learn(BackendFixture.N2);
        using var answer = await _http.SendAsync("POST", "/held", "two");
        _http.Seen.ShouldBe(["n2 POST two"]);
        await _http.UntilAsync(status => status.Forwarded == 0);
    }

    [Theory]
    [InlineData("many", 2 << 20, true)]
    [InlineData("many", 2 << 20, false)]
    public async Task A_large_body_is_forwarded_and_not_kept(string key, int length, bool isSaid)
    {
        _http = await BackendFixture.StartAsync();
        _http.Learn(BackendFixture.N2);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_http.Url, "/held"))
        {
            Content = new StringContent(new string('x', length)),
        };
        request.Headers.Add("Idempotency-Key", key);
        request.Headers.TransferEncodingChunked = !isSaid;
        using var answer = await _http.Client.SendAsync(request);
        answer.StatusCode.ShouldBe(isSaid ? HttpStatusCode.OK : HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task A_web_socket_is_the_program_s_until_the_primary_moves()
    {
        _http = await BackendFixture.StartAsync();
        _http.Learn(BackendFixture.N1);
        using var socket = new ClientWebSocket();
        var url = new UriBuilder(new Uri(_http.Url, "/socket")) { Scheme = "ws" }.Uri;
        await socket.ConnectAsync(url, CancellationToken.None);
        var buffer = new byte[256];
        foreach (var said in (string[])["hello", "again"])
        {
            await socket.SendAsync(
                Encoding.UTF8.GetBytes(said), WebSocketMessageType.Text, true, CancellationToken.None);
            var heard = await socket.ReceiveAsync(buffer, CancellationToken.None);
            Encoding.UTF8.GetString(buffer, 0, heard.Count).ShouldBe(said);
        }

        _http.Learn(BackendFixture.N2);
        await Should.ThrowAsync<WebSocketException>(() => socket.ReceiveAsync(buffer, CancellationToken.None));
    }

    [Fact]
    public async Task Over_HTTP_2_a_body_goes_up_while_the_answer_comes_down()
    {
        _http = await BackendFixture.StartAsync(isHttp2: true);
        _http.Learn(BackendFixture.N2);
        var up = new Pipe();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_http.Url, "/talk"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new SpokenContent(up.Reader),
        };
        using var answer = await _http.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var down = await answer.Content.ReadAsStreamAsync();
        var buffer = new byte[256];
        foreach (var said in (string[])["hello", "again"])
        {
            await up.Writer.WriteAsync(Encoding.UTF8.GetBytes(said));
            var heard = await down.ReadAsync(buffer);
            Encoding.UTF8.GetString(buffer, 0, heard).ShouldBe(said);
        }

        await up.Writer.CompleteAsync();
        (await down.ReadAsync(buffer)).ShouldBe(0);
    }

    [Fact]
    public async Task A_gRPC_call_reaches_the_program_and_is_told_by_its_status_when_it_cannot()
    {
        _http = await BackendFixture.StartAsync(isHttp2: true);
        using var channel = GrpcChannel.ForAddress(_http.Url);
        var talk = new Talk.TalkClient(channel);
        _http.Learn(BackendFixture.N1);
        (await talk.SayAsync(new Line { Text = "hello" })).Text.ShouldBe("hello at n1");
        using var echo = talk.Echo();
        await echo.RequestStream.WriteAsync(new Line { Text = "again" });
        (await echo.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();

        var waits = talk.WaitAsync(new Line()).ResponseAsync;
        await _http.CallWaitsAsync();
        _http.Learn(null);
        await Should.ThrowAsync<RpcException>(() => echo.ResponseStream.MoveNext(CancellationToken.None));
        var thrown = await Should.ThrowAsync<RpcException>(waits);
        thrown.StatusCode.ShouldBe(StatusCode.Unknown);
        thrown.Status.Detail.ShouldContain("Whether it took effect is not known");

        var late = talk.SayAsync(new Line { Text = "hello" }).ResponseAsync;
        await _http.UntilAsync(status => status.Held == 1);
        _http.Clock.Advance(TimeSpan.FromSeconds(5));
        thrown = await Should.ThrowAsync<RpcException>(late);
        thrown.Status.ShouldBe(
            new Status(StatusCode.Unavailable, "No primary of shop took the request in time. Try again."));
    }

    public ValueTask DisposeAsync() => _http.DisposeAsync();

    private static async Task RefusedAsync(HttpResponseMessage answer, string why)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        (await answer.Content.ReadAsStringAsync()).ShouldContain(why);
    }

    /// <summary>What is said bit by bit.</summary>
    private sealed class SpokenContent(PipeReader said) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            while (await said.ReadAsync() is { } read && (!read.Buffer.IsEmpty || !read.IsCompleted))
            {
                foreach (var part in read.Buffer) await stream.WriteAsync(part);
                said.AdvanceTo(read.Buffer.End);
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
