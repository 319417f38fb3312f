using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Understudy.Tests.Web;

/// <summary>What counts of the requests for a service's own program, and how long.</summary>
public sealed class BackendBoundsTests : IAsyncDisposable
{
    private BackendFixture _http = null!;

    [Fact]
    public async Task A_body_that_is_kept_counts_while_it_is_read_until_its_client_has_gone()
    {
        _http = await BackendFixture.StartAsync(mostBytes: 1000);
        using (await BeginAsync("Content-Length: 900\r\n\r\nx"))
        {
            await BackendFixture.UntilAsync(() => _http.Requests is { Waiting: 1, Bytes: 900 });
            using var refused = await _http.SendAsync("POST", "/held", new string('x', 101), key: "k");
            refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
            (await refused.Content.ReadAsStringAsync()).ShouldContain("max-bytes in [service.shop.hold]");
        }

        await FreeAsync();
        _http.Requests!.Refused.ShouldBe(1);
        _http.Metrics.Read("understudy.requests.refused").ShouldBe([("shop", "max-bytes", 1)]);
    }

    [Fact]
    public async Task What_waits_is_in_the_metrics_of_all_requests_until_it_is_answered()
    {
        _http = await BackendFixture.StartAsync();
        var asked = _http.SendAsync("POST", "/held", "four", key: "k");
        await BackendFixture.UntilAsync(() => _http.Status.Held == 1);
        _http.Clock.Advance(TimeSpan.FromSeconds(2));
        _http.Metrics.Read("understudy.requests.waiting").ShouldBe([("shop", null, 1)]);
        _http.Metrics.Read("understudy.requests.bytes").ShouldBe([("shop", null, 4)]);
        _http.Metrics.Read("understudy.requests.longest_wait").ShouldBe([("shop", null, 2)]);
        _http.Learn(BackendFixture.N2);
        (await asked).Dispose();
        await FreeAsync();
        _http.Metrics.Read("understudy.requests.longest_wait").ShouldBe([("shop", null, 0)]);
        _http.Metrics.Read("understudy.requests.duration").ShouldBe([("shop", null, 2)]);
    }

    [Fact]
    public async Task What_waited_too_long_counts_as_refused_and_no_more()
    {
        _http = await BackendFixture.StartAsync();
        var asked = _http.SendAsync("POST", "/held", "one", key: "k");
        await BackendFixture.UntilAsync(() => _http.Status.Held == 1);
        _http.Clock.Advance(TimeSpan.FromSeconds(5));
        (await asked).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        await FreeAsync();
        _http.Metrics.Read("understudy.requests.refused").ShouldBe([("shop", "seconds", 1)]);
        _http.Metrics.Read("understudy.requests.duration").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("POST", null)]
    [InlineData("POST", "k")]
    public async Task What_a_program_has_not_answered_counts_until_its_connection_breaks(string method, string? key)
    {
        _http = await BackendFixture.StartAsync(most: 1);
        _http.Learn(BackendFixture.N1);
        var asked = _http.SendAsync(method, "/held", "one", key);
        await _http.ReachedAsync();
        using (var refused = await _http.SendAsync("GET", "/a"))
            (await refused.Content.ReadAsStringAsync()).ShouldContain("max-requests in [service.shop.hold]");
        await _http.Broken.CancelAsync();
        using var answer = await asked;
        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        await FreeAsync();
    }

    [Fact]
    public async Task An_answer_that_has_begun_counts_no_more_however_long_it_is()
    {
        _http = await BackendFixture.StartAsync(most: 1);
        _http.Learn(BackendFixture.N1);
        using var stream = await _http.SendAsync("GET", "/begun");
        await _http.ReachedAsync();
        await FreeAsync();
        using var other = await _http.SendAsync("GET", "/a");
        other.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    public ValueTask DisposeAsync() => _http.DisposeAsync();

    private Task FreeAsync() => BackendFixture.UntilAsync(() => _http.Requests is { Waiting: 0, Bytes: 0 });

    /// <summary>Begins a change with a key, whose rest never comes.</summary>
    private async Task<Socket> BeginAsync(string rest)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_http.Url.Host, _http.Url.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"POST /held HTTP/1.1\r\nHost: shop\r\nIdempotency-Key: slow\r\n{rest}"));
        return socket;
    }
}
