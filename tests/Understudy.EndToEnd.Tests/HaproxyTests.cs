using System.Globalization;
using System.Net;

namespace Understudy.EndToEnd.Tests;

public sealed class HaproxyTests : IDisposable
{
    private const string Host = "kv.example.com";
    private const string Service =
        $"[service.kv]\nkind = \"kv\"\nhosts = [\"{Host}\"]\nsecondaries = 2\nspares = 0\n";

    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(20) };

    [Fact]
    public async Task A_real_haproxy_with_the_documented_configuration_follows_the_primary()
    {
        Assert.SkipWhen(Haproxy.Program is null, "HAProxy is missing. Install it: apt-get install haproxy");
        await using var cluster = await RealCluster.StartAsync("kv", Service);
        using var haproxy = new Haproxy(cluster);
        var first = await cluster.PrimaryAsync();
        (await AnsweredByAsync(haproxy.Primary)).ShouldBe(first);
        for (var number = 1; number <= 30; number++)
            (await IncrementAsync(haproxy.Any, number)).ShouldBe(number);
        await StraightToAsync(first, haproxy);

        cluster[first].Signal(RealNode.Kill);
        for (var number = 31; number <= 60; number++)
        {
            var isByHost = number % 3 == 0;
            (await IncrementAsync(number % 2 == 0 ? haproxy.Any : haproxy.Primary, number, isByHost)).ShouldBe(number);
        }

        var next = await cluster.PrimaryAsync(without: first);
        (await AnsweredByAsync(haproxy.Primary)).ShouldBe(next);
        await StraightToAsync(next, haproxy);
        cluster.Passed();
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Which node answers a read; asks again while HAProxy knows of no primary.</summary>
    private async Task<string> AnsweredByAsync(Uri haproxy)
    {
        using var response = await UntilAnsweredAsync(() =>
            new HttpRequestMessage(HttpMethod.Get, new Uri(haproxy, "/svc/kv/keys/n")));
        return response.Headers.GetValues("Understudy-Node").Single();
    }

    /// <summary>
    /// By its host name the service is asked without /svc/kv, and always at its primary: another node would say where
    /// that is, as it is asked directly.
    /// </summary>
    private async Task StraightToAsync(string primary, Haproxy haproxy)
    {
        for (var i = 0; i < 6; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(haproxy.Any, "/keys/n"));
            request.Headers.Host = i % 2 == 0 ? Host : "KV.example.com:7301";
            request.Headers.Add("Understudy-Direct", "1");
            using var answer = await _client.SendAsync(request);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
            answer.Headers.GetValues("Understudy-Node").Single().ShouldBe(primary);
        }
    }

    /// <summary>What a client does: it sends a change that was not answered again, under the same key.</summary>
    private async Task<long> IncrementAsync(Uri haproxy, int number, bool isByHost = false)
    {
        var path = isByHost ? "/keys/n/increment" : "/svc/kv/keys/n/increment";
        using var response = await UntilAnsweredAsync(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Post, new Uri(haproxy, path));
            if (isByHost) request.Headers.Host = Host;
            request.Headers.Add("Idempotency-Key", $"key-{number}");
            return request;
        });
        return long.Parse(await response.Content.ReadAsStringAsync(), CultureInfo.InvariantCulture);
    }

    private async Task<HttpResponseMessage> UntilAnsweredAsync(Func<HttpRequestMessage> create)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await pace.WaitForNextTickAsync(limit.Token))
        {
            using var request = create();
            try
            {
                var response = await _client.SendAsync(request, limit.Token);
                if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.NotFound) return response;
                response.Dispose();
            }
            catch (HttpRequestException)
            {
                // HAProxy has just been started.
            }
        }

        throw new InvalidOperationException("Unreachable: the limit cancels the wait.");
    }
}
