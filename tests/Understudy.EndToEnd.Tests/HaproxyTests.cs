using System.Globalization;
using System.Net;

namespace Understudy.EndToEnd.Tests;

public sealed class HaproxyTests : IDisposable
{
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(20) };

    [Fact]
    public async Task A_real_haproxy_with_the_documented_configuration_follows_the_primary()
    {
        Assert.SkipWhen(Haproxy.Program is null, "HAProxy is missing. Install it: apt-get install haproxy");
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        using var haproxy = new Haproxy(cluster);
        var first = await cluster.PrimaryAsync();
        (await AnsweredByAsync(haproxy.Primary)).ShouldBe(first);
        for (var number = 1; number <= 30; number++)
            (await IncrementAsync(haproxy.Any, number)).ShouldBe(number);

        cluster[first].Signal(RealNode.Kill);
        for (var number = 31; number <= 60; number++)
            (await IncrementAsync(number % 2 == 0 ? haproxy.Any : haproxy.Primary, number)).ShouldBe(number);
        var next = await cluster.PrimaryAsync(without: first);
        (await AnsweredByAsync(haproxy.Primary)).ShouldBe(next);
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

    /// <summary>What a client does: it sends a change that was not answered again, under the same key.</summary>
    private async Task<long> IncrementAsync(Uri haproxy, int number)
    {
        using var response = await UntilAnsweredAsync(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Post, new Uri(haproxy, "/svc/kv/keys/n/increment"));
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
