using System.Net;

namespace Understudy.Tests.Web;

public sealed class MapServiceTests : IAsyncLifetime
{
    private WebCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await WebCluster.StartAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Every_node_takes_the_same_url_and_the_primary_runs_it()
    {
        var primary = _cluster.Primary.Node;
        foreach (var (number, node) in _cluster.Nodes.Index())
        {
            (await _cluster.AskAsync(node, "/notes", HttpMethod.Post, $"from {node.Node}"))
                .ShouldBe($"{number + 1} at {primary}");
            foreach (var other in _cluster.Nodes)
                (await _cluster.AskAsync(other, "/notes")).ShouldBe($"{number + 1} from {node.Node}");
        }

        var url = _cluster.Url(_cluster.Others.First(), "/where?a=%2Fb");
        using var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { { "X-Test", "kept" } } };
        using var response = await _cluster.Client.SendAsync(request);
        (await response.Content.ReadAsStringAsync()).ShouldBe($"{primary} /where?a=%2Fb kept");
        response.Headers.GetValues("Understudy-Node").ShouldBe([primary]);
        long.Parse(response.Headers.GetValues("Understudy-Version").Single()).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task The_gateway_of_every_node_reaches_the_service_s_endpoints_and_no_others()
    {
        foreach (var node in _cluster.Nodes)
        {
            var text = await _cluster.Client.GetStringAsync(new Uri(node.HttpAddress, "/svc/ledger/where?x=1"));
            text.ShouldBe($"{_cluster.Primary.Node} /where?x=1 ");
            foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Post])
            {
                using var hidden = await _cluster.SendAsync(
                    new Uri(node.HttpAddress, "/svc/ledger/private"), method);
                hidden.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            }

            using var posted = await _cluster.SendAsync(
                new Uri(node.HttpAddress, "/svc/ledger/notes"), HttpMethod.Post, "by the gateway");
            posted.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (await _cluster.AskAsync(_cluster.Primary, "/private")).ShouldBe("not for everybody");
        (await _cluster.AskAsync(_cluster.Primary, "/notes")).ShouldBe("3 by the gateway");
    }

    [Theory]
    [InlineData("/../../api/v1/status")]
    [InlineData("/%2e%2e/%2E%2E/api/v1/status")]
    [InlineData("/x/../../../api/v1/status")]
    public async Task A_path_with_dots_leads_out_of_no_service(string target)
    {
        var asIs = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        foreach (var node in _cluster.Nodes)
        {
            var url = node.HttpAddress.GetLeftPart(UriPartial.Authority) + target;
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url, in asIs));
            request.Headers.Host = "ledger.example.com";
            using var answer = await _cluster.Client.SendAsync(request);
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound, await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task What_is_mapped_outside_turns_runs_at_the_primary_whatever_its_size()
    {
        var large = new string('x', 3 << 20);
        foreach (var body in (string[])["small", large])
        {
            foreach (var node in _cluster.Nodes)
            {
                (await _cluster.AskAsync(node, "/size", HttpMethod.Post, body))
                    .ShouldBe($"{body.Length} at {_cluster.Primary.Node}");
                using var response = await _cluster.SendAsync(
                    new Uri(node.HttpAddress, "/svc/ledger/size"), HttpMethod.Post, body);
                (await response.Content.ReadAsStringAsync())
                    .ShouldBe($"{body.Length} at {_cluster.Primary.Node}");
            }
        }
    }

    [Fact]
    public async Task A_change_too_large_for_a_turn_is_refused_and_not_made()
    {
        var large = new string('x', (1 << 20) + 1);
        foreach (var node in _cluster.Nodes)
        {
            foreach (var url in (Uri[])[_cluster.Url(node, "/notes"), new(node.HttpAddress, "/svc/ledger/notes")])
            {
                using var response = await _cluster.SendAsync(url, HttpMethod.Post, large);
                response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
                (await response.Content.ReadAsStringAsync()).ShouldContain("1048576 bytes");
            }
        }

        (await _cluster.AskAsync(_cluster.Primary, "/notes")).ShouldBe("0");
    }

    [Fact]
    public async Task A_direct_request_is_answered_by_the_primary_or_told_where_it_is()
    {
        var other = _cluster.Others.First();
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Post])
        {
            using var moved = await DirectAsync(new Uri(other.HttpAddress, "/svc/ledger/notes"), method);
            moved.StatusCode.ShouldBe(HttpStatusCode.TemporaryRedirect);
            moved.Headers.GetValues("Understudy-Moved").ShouldBe([_cluster.Primary.Node]);
            using var answered = await DirectAsync(moved.Headers.Location!, method);
            answered.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Requests_wait_for_the_next_primary_and_none_is_lost_or_done_twice()
    {
        var first = _cluster.Primary;
        var others = _cluster.Others.ToArray();
        var begun = new CountdownEvent(20);
        using var stop = new CancellationTokenSource();
        var writers = others.Concat(others).Select(node => Task.Run(() => WriteAsync(node, begun, stop.Token)));
        var readers = others.Select(node => Task.Run(() => ReadAsync(node, stop.Token))).ToArray();
        var writing = writers.ToArray();
        begun.Wait(TestContext.Current.CancellationToken);
        await _cluster.KillAsync(first);
        await _cluster.AskAsync(others[0], "/notes", HttpMethod.Post, "after");
        await stop.CancelAsync();

        var written = 1 + (await Task.WhenAll(writing)).Sum();
        await Task.WhenAll(readers);
        (await _cluster.AskAsync(others[1], "/notes")).Split(' ')[0].ShouldBe($"{written}");
    }

    private async Task<int> WriteAsync(
        Understudy.Services.UnderstudyNode node, CountdownEvent begun, CancellationToken stop)
    {
        var written = 0;
        for (; !stop.IsCancellationRequested; written++)
        {
            await _cluster.AskAsync(node, "/notes", HttpMethod.Post, "x");
            if (!begun.IsSet) begun.Signal();
        }

        return written;
    }

    /// <summary>What is read never goes back.</summary>
    private async Task ReadAsync(Understudy.Services.UnderstudyNode node, CancellationToken stop)
    {
        var last = 0L;
        while (!stop.IsCancellationRequested)
        {
            var count = long.Parse((await _cluster.AskAsync(node, "/notes")).Split(' ')[0]);
            count.ShouldBeGreaterThanOrEqualTo(last);
            last = count;
        }
    }

    private async Task<HttpResponseMessage> DirectAsync(Uri url, HttpMethod method)
    {
        using var request = new HttpRequestMessage(method, url) { Headers = { { "Understudy-Direct", "1" } } };
        return await _cluster.Client.SendAsync(request);
    }
}
