using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Understudy.Contracts;
using Understudy.Protocol;
using Understudy.Web;

namespace Understudy.Tests.Http;

/// <summary>What clients see of the bounds of what is held, and what slow ones take.</summary>
public sealed class HoldBoundsTests : IAsyncLifetime
{
    private const int Most = 3;
    private const int MostBytes = 1000;

    private HttpFixture _http = null!;

    public async ValueTask InitializeAsync() =>
        _http = await HttpFixture.StartAsync(new HoldBounds(Most, MostBytes, TimeSpan.FromSeconds(5)));

    public ValueTask DisposeAsync() => _http.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_over_the_number_is_answered_503_with_the_bound_and_when_to_try_again(bool isKv)
    {
        _http.HasKeysOfAll = isKv;
        var answer = new TaskCompletionSource();
        _http.MayAnswer = answer.Task;
        var held = Enumerable.Range(0, Most).Select(_ => PutAsync(1)).ToArray();
        await UntilAsync(() => _http.Waiting.Requests == Most);
        using var refused = await PutAsync(1);
        await ShouldBeRefusedAsync(refused, "This node has 3 unanswered requests for kv, as many as it may: "
            + "max-requests in [service.kv.hold]. Try again.");
        _http.Refusal = new Reply(ReplyOutcome.KeyReused, default, new(7), null);
        answer.SetResult();
        foreach (var each in await Task.WhenAll(held)) each.Dispose();
        await UntilAsync(() => _http.Waiting == (0, 0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_that_is_being_read_takes_its_length_until_its_client_has_gone(bool isKv)
    {
        _http.HasKeysOfAll = isKv;
        _http.Refusal = new Reply(ReplyOutcome.KeyReused, default, new(7), null);
        using (var slow = await BeginAsync("Content-Length: 900\r\n\r\nx"))
        {
            await UntilAsync(() => _http.Waiting == (1, 900));
            using var refused = await PutAsync(101);
            await ShouldBeRefusedAsync(refused, "This node's unanswered requests for kv would have more than the 1000 "
                + "bytes that they may: max-bytes in [service.kv.hold]. Try again.");
            using var other = await PutAsync(10);
            other.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity, "there is room for it, and it was sent");
        }

        await UntilAsync(() => _http.Waiting == (0, 0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_of_unknown_length_takes_what_has_come_of_it(bool isKv)
    {
        _http.HasKeysOfAll = isKv;
        using var slow = await BeginAsync($"Transfer-Encoding: chunked\r\n\r\n258\r\n{new string('x', 600)}\r\n");
        await UntilAsync(() => _http.Waiting == (1, 600));
        await slow.SendAsync(Encoding.ASCII.GetBytes($"190\r\n{new string('x', 400)}\r\n"));
        await UntilAsync(() => _http.Waiting == (1, 1000));
        await slow.SendAsync("1\r\nx\r\n"u8.ToArray());
        (await ReadLineAsync(slow)).ShouldBe("HTTP/1.1 503 Service Unavailable");
        await UntilAsync(() => _http.Waiting == (0, 0));
    }

    [Fact]
    public async Task Many_slow_uploads_take_no_more_than_the_bound()
    {
        const int Many = 50;
        List<Socket> slow = [];
        for (var i = 0; i < Many; i++) slow.Add(await BeginAsync("Content-Length: 600\r\n\r\nx"));
        var answers = slow.Select(ReadLineAsync).ToList();
        for (var refused = 0; refused < Many - 1; refused++)
        {
            var answer = await Task.WhenAny(answers);
            (await answer).ShouldBe("HTTP/1.1 503 Service Unavailable");
            answers.Remove(answer);
        }

        _http.Waiting.ShouldBe((1, 600), "one is being read");
        foreach (var each in slow) each.Dispose();
        await UntilAsync(() => _http.Waiting == (0, 0));
    }

    [Fact]
    public async Task A_body_that_is_kept_for_an_endpoint_outside_turns_counts_until_the_endpoint_has_answered()
    {
        _http.HasKeysOfAll = false;
        _http.Refusal = new Reply(ReplyOutcome.Refused, Encoding.UTF8.GetBytes(Refusals.OutsideTurns), new(7), null);
        TaskCompletionSource carried = new(), located = new();
        _http.MayAnswer = carried.Task;
        var put = PutAsync(600);
        await UntilAsync(() => _http.Waiting is { Requests: 1, Bytes: > 600 });
        _http.MayAnswer = located.Task;
        carried.SetResult();
        await UntilAsync(() => _http.Waiting is { Requests: 2, Bytes: >= 600 });
        located.SetResult();
        using var answered = await put;
        answered.StatusCode.ShouldBe(HttpStatusCode.NotImplemented);
        await UntilAsync(() => _http.Waiting == (0, 0));
    }

    private static async Task ShouldBeRefusedAsync(HttpResponseMessage response, string why)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        response.Content.Headers.ContentType!.MediaType.ShouldBe(ProblemDocument.ContentType);
        var problem = await response.Content.ReadFromJsonAsync(ContractsJson.Default.ProblemDocument);
        problem!.Detail.ShouldBe(why);
    }

    private async Task<HttpResponseMessage> PutAsync(int bytes) =>
        await _http.Client.PutAsync("/svc/kv/keys/k", new ByteArrayContent(new byte[bytes]));

    /// <summary>Begins a change, whose rest never comes.</summary>
    private async Task<Socket> BeginAsync(string rest)
    {
        var address = _http.Client.BaseAddress!;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address.Host, address.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"PUT /svc/kv/keys/k HTTP/1.1\r\nHost: kv\r\n{rest}"));
        return socket;
    }

    private static async Task<string> ReadLineAsync(Socket socket)
    {
        using var reader = new StreamReader(new NetworkStream(socket));
        return (await reader.ReadLineAsync())!;
    }

    private async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds()) await _http.Client.GetStringAsync("/livez", limit.Token);
    }
}
