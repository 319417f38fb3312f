using System.Net;
using System.Net.Http.Json;
using Understudy.Contracts;
using Understudy.Http;

namespace Understudy.Tests.Http;

public sealed class NodeHttpTests : IAsyncLifetime
{
    private HttpFixture _http = null!;

    public async ValueTask InitializeAsync() => _http = await HttpFixture.StartAsync();

    public ValueTask DisposeAsync() => _http.DisposeAsync();

    private async Task<HttpResponseMessage> ByHostAsync(
        string host, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Host = host;
        if (body is not null) request.Content = new StringContent(body);
        return await _http.Client.SendAsync(request);
    }

    [Theory]
    [InlineData("GET", PrimaryPlace.Here, HttpStatusCode.OK)]
    [InlineData("HEAD", PrimaryPlace.Here, HttpStatusCode.OK)]
    [InlineData("OPTIONS", PrimaryPlace.Here, HttpStatusCode.OK)]
    [InlineData("GET", PrimaryPlace.Elsewhere, HttpStatusCode.ServiceUnavailable)]
    [InlineData("HEAD", PrimaryPlace.Elsewhere, HttpStatusCode.ServiceUnavailable)]
    [InlineData("OPTIONS", PrimaryPlace.Elsewhere, HttpStatusCode.ServiceUnavailable)]
    [InlineData("GET", PrimaryPlace.UnknownService, HttpStatusCode.NotFound)]
    [InlineData("POST", PrimaryPlace.Here, HttpStatusCode.MethodNotAllowed)]
    public async Task Only_the_primary_says_that_it_is(string method, PrimaryPlace place, HttpStatusCode expected)
    {
        _http.Place = place;
        using var request = new HttpRequestMessage(new HttpMethod(method), "/health/kv/primary");
        using var response = await _http.Client.SendAsync(request);
        response.StatusCode.ShouldBe(expected);
    }

    [Theory]
    [InlineData(PrimaryPlace.Here, false, "primary", "any")]
    [InlineData(PrimaryPlace.Elsewhere, true, "secondary", "any")]
    [InlineData(PrimaryPlace.Elsewhere, false)]
    public async Task A_node_says_what_it_is_for_a_service(PrimaryPlace place, bool isSecondary, params string[] fine)
    {
        (_http.Place, _http.IsSecondaryHere) = (place, isSecondary);
        foreach (var asked in (string[])["primary", "secondary", "any"])
        {
            using var response = await _http.Client.GetAsync($"/health/kv/{asked}");
            response.StatusCode.ShouldBe(
                fine.Contains(asked) ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable, asked);
            var body = await response.Content.ReadFromJsonAsync(ContractsJson.Default.HealthDocument);
            body!.Role.ShouldBe(fine.FirstOrDefault("none"));
            (body.Service, body.Node, body.Version).ShouldBe(("kv", "n1", 3));
            (body.Reason is null).ShouldBe(fine.Contains(asked));
        }
    }

    [Theory]
    [InlineData("keys.example.com")]
    [InlineData("Keys.Example.COM:7201")]
    public async Task A_service_s_own_host_leads_to_it_with_the_whole_path(string host)
    {
        using var put = await ByHostAsync(host, HttpMethod.Put, "/keys/a%2Fb", "hello");
        put.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await _http.Client.GetStringAsync("/svc/kv/keys/a%2Fb")).ShouldBe("hello");
        using var health = await ByHostAsync(host, HttpMethod.Get, "/livez");
        health.StatusCode.ShouldBe(HttpStatusCode.NotFound, "the host is the service's, and kv has no such path");
        (await health.Content.ReadAsStringAsync()).ShouldContain("Known: /keys/KEY;");
        using var other = await ByHostAsync("example.com", HttpMethod.Get, "/livez");
        other.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_comes_from_another_node_names_the_service_by_its_path_whatever_its_host()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/svc/kv/keys/none");
        request.Headers.Host = "keys.example.com";
        request.Headers.Add("Understudy-Direct", "1");
        using var answer = await _http.Client.SendAsync(request);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("There is no key");
    }

    [Theory]
    [InlineData("/api/v1/status")]
    [InlineData("/livez")]
    [InlineData("/svc/other/keys/none")]
    public async Task Who_says_that_it_is_a_node_gets_no_further_by_a_service_s_host_than_others(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = "keys.example.com";
        request.Headers.Add("Understudy-Direct", "node");
        using var answer = await _http.Client.SendAsync(request);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("There is no such path. Known: /keys/KEY");
    }

    [Fact]
    public async Task A_node_that_is_not_ready_says_why()
    {
        (await _http.Client.GetStringAsync("/readyz")).ShouldBe("ready\n");
        _http.NotReady = "waiting for n3 to form the cluster";
        using var response = await _http.Client.GetAsync("/readyz");
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await response.Content.ReadAsStringAsync()).ShouldContain("waiting for n3");
    }

    [Fact]
    public async Task A_node_is_alive_until_its_loop_stalls()
    {
        (await _http.Client.GetStringAsync("/livez")).ShouldBe("alive\n");
        _http.NotAlive = "stalled";
        using var response = await _http.Client.GetAsync("/livez");
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task A_stopping_node_closes_its_clients_connections_after_the_answer()
    {
        using var before = await _http.Client.GetAsync("/livez");
        before.Headers.ConnectionClose.ShouldNotBe(true);
        _http.IsStopping = true;
        using var after = await _http.Client.GetAsync("/livez");
        after.StatusCode.ShouldBe(HttpStatusCode.OK);
        after.Headers.ConnectionClose.ShouldBe(true);
    }

    [Fact]
    public async Task Status_and_timeline_are_the_documents_of_the_contract()
    {
        var status = await _http.Client.GetFromJsonAsync(StatusDocument.Path, ContractsJson.Default.StatusDocument);
        status!.Cluster.ShouldBe("web");
        var timeline = await _http.Client.GetFromJsonAsync(
            TimelineDocument.Path, ContractsJson.Default.TimelineDocument);
        timeline!.Node.ShouldBe("n1");
    }

    [Fact]
    public async Task The_history_is_of_the_service_that_is_asked_for()
    {
        var address = $"{HistoryDocument.Path}?service=a%2Eb";
        var history = await _http.Client.GetFromJsonAsync(address, ContractsJson.Default.HistoryDocument);
        history!.Changes.Single().Service.ShouldBe("a.b");
        history = await _http.Client.GetFromJsonAsync(HistoryDocument.Path, ContractsJson.Default.HistoryDocument);
        history!.Changes.Single().Service.ShouldBeNull();
    }

    [Fact]
    public async Task A_node_without_a_copy_of_the_registry_says_whom_to_ask_for_the_history()
    {
        _http.IsVoter = false;
        using var response = await _http.Client.GetAsync(HistoryDocument.Path);
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.Content.ReadAsStringAsync()).ShouldContain("Ask a voter");
    }

    [Fact]
    public async Task A_node_that_does_not_know_the_services_yet_answers_when_it_does()
    {
        _http.HasKeysOfAll = null;
        var asked = _http.Client.GetAsync("/svc/orders/keys/k");
        await _http.KeysAsked.WaitAsync(TimeSpan.FromSeconds(60));
        _http.HasKeysOfAll = true;
        _http.Feed.Take(ServiceMapSamples.Cluster, ServiceMapSamples.Map(1));
        using var response = await asked;
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.Content.ReadAsStringAsync()).ShouldContain("There is no key");
    }

    [Fact]
    public async Task A_node_that_does_not_hear_of_the_services_in_time_says_so()
    {
        _http.HasKeysOfAll = null;
        using var response = await _http.Client.GetAsync("/svc/orders/keys/k");
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/nowhere")]
    [InlineData("/svc/kv")]
    [InlineData("/health/kv")]
    public async Task An_unknown_path_names_the_known_ones(string path)
    {
        using var response = await _http.Client.GetAsync(path);
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        response.Headers.GetValues("Understudy-Node").ShouldBe(["n1"]);
        response.Headers.Contains("Understudy-Version").ShouldBe(path.StartsWith("/svc", StringComparison.Ordinal));
        (await response.Content.ReadAsStringAsync()).ShouldContain("Known");
    }

    [Theory]
    [InlineData("/svc", "0")]
    [InlineData("/svc/kv/foo", "3")]
    [InlineData("/svc/kv/keys/a/b", "3")]
    [InlineData("/svc/%FF/keys/k", "0")]
    [InlineData("/svc/%FF/foo", "0")]
    public async Task Every_refusal_below_svc_carries_a_version(string path, string version)
    {
        using var response = await _http.Client.GetAsync(path);
        response.IsSuccessStatusCode.ShouldBeFalse();
        response.Headers.GetValues("Understudy-Version").ShouldBe([version]);
        response.Headers.GetValues("Understudy-Node").ShouldBe(["n1"]);
    }

    [Fact]
    public async Task The_health_of_a_service_that_is_not_configured_carries_no_version()
    {
        _http.Place = PrimaryPlace.UnknownService;
        using var response = await _http.Client.GetAsync("/health/nope/primary");
        response.Headers.Contains("Understudy-Version").ShouldBeFalse();
        response.Headers.GetValues("Understudy-Node").ShouldBe(["n1"]);
    }
}
