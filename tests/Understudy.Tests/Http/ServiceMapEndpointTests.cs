using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Understudy.Contracts;
using Understudy.Http;
using Understudy.Http.Protocol;
using Understudy.Kernel;
using static Understudy.Tests.Http.ServiceMapSamples;

namespace Understudy.Tests.Http;

public sealed class ServiceMapEndpointTests : IAsyncLifetime
{
    private HttpFixture _http = null!;

    public async ValueTask InitializeAsync() => _http = await HttpFixture.StartAsync();

    public ValueTask DisposeAsync() => _http.DisposeAsync();

    [Fact]
    public async Task The_map_says_where_every_service_is()
    {
        (await MapAsync()).Services.ShouldBeEmpty();
        (await MapAsync()).Id.ShouldBeNull();
        _http.Feed.Take(Cluster, Map(3, ("kv", 5, "n2"), ("orders", 4, null)));
        var map = await MapAsync();
        map.Nodes!.Select(node => node.Url).ShouldBe(
            ["http://127.0.0.1:7201", "http://127.0.0.1:7202", "http://127.0.0.1:7203"]);
        var kv = map.Services[0];
        (kv.Name, kv.Primary, kv.Version, kv.Lineage).ShouldBe(("kv", "n2", 5, 1));
        kv.Endpoints.ShouldBe(
        [
            new ServiceEndpoint("n2", "primary", "http://127.0.0.1:7202/svc/kv"),
            new ServiceEndpoint("n1", "secondary", "http://127.0.0.1:7201/svc/kv"),
        ]);
        map.Services[1].Primary.ShouldBeNull();
    }

    [Theory]
    [InlineData(ServiceMapDocument.StreamPath, "*/*")]
    [InlineData(ServiceMapDocument.Path, "text/event-stream")]
    public async Task The_stream_tells_the_map_and_then_each_change_at_once(string path, string accept)
    {
        _http.Feed.Take(Cluster, Map(1, ("kv", 1, "n1"), ("orders", 1, "n1")));
        using var stream = await OpenAsync(path, accept);
        var first = await stream.NextAsync();
        (first.Type, first.Map.Services.Count).ShouldBe((ServiceMapDocument.WholeEvent, 2));
        first.Id.ShouldBe(first.Map.Id);

        _http.Feed.Take(Cluster, Map(2, ("kv", 2, "n2"), ("orders", 1, "n1")));
        var next = await stream.NextAsync();
        next.Type.ShouldBe(ServiceMapDocument.ChangeEvent);
        (next.Map.Services.Single().Name, next.Map.Services.Single().Primary).ShouldBe(("kv", "n2"));
    }

    [Fact]
    public async Task A_stream_that_broke_goes_on_after_its_last_event_at_any_node()
    {
        _http.Feed.Take(Cluster, Map(1, ("kv", 1, "n1")));
        string last;
        using (var stream = await OpenAsync(ServiceMapDocument.StreamPath)) last = (await stream.NextAsync()).Id;
        _http.Feed.Take(Cluster, Map(2, ("kv", 2, "n2")));
        using (var stream = await OpenAsync(ServiceMapDocument.StreamPath, last: last))
            (await stream.NextAsync()).Type.ShouldBe(ServiceMapDocument.ChangeEvent);
        using (var stream = await OpenAsync(ServiceMapDocument.StreamPath, last: "nonsense"))
            (await stream.NextAsync()).Type.ShouldBe(ServiceMapDocument.WholeEvent);
    }

    [Fact]
    public async Task A_stream_ends_when_its_node_stops()
    {
        _http.Feed.Take(Cluster, Map(1, ("kv", 1, "n1")));
        using var stream = await OpenAsync(ServiceMapDocument.StreamPath);
        await stream.NextAsync();
        _http.Feed.Close();
        (await stream.ReadLineAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task A_slow_reader_is_told_less_often_and_ends_with_the_latest_map()
    {
        const int Changes = 1000;
        using var handler = new SocketsHttpHandler { ConnectCallback = ConnectWithSmallBufferAsync };
        using var client = new HttpClient(handler) { BaseAddress = _http.Client.BaseAddress };
        using var slow = await OpenAsync(ServiceMapDocument.StreamPath, client: client);
        using var quick = await OpenAsync(ServiceMapDocument.StreamPath);
        for (var change = 1; change <= Changes; change++)
        {
            // Some 40 KB each: more in all than the sockets of both sides hold.
            var version = (long)change;
            _http.Feed.Take(Cluster, Map(
                change, [.. Enumerable.Range(100, 150).Select(number => ($"s{number}", version, (string?)"n1"))]));
        }

        var last = new ServiceMapPosition(Cluster, 1, Changes).ToString();
        while ((await quick.NextAsync()).Id != last)
        {
            // It reads on, whatever the other one does.
        }

        var told = 1;
        while ((await slow.NextAsync()).Id != last) told++;
        told.ShouldBeLessThan(Changes);
    }

    [Fact]
    public async Task A_node_that_is_asked_with_a_newer_version_answers_when_it_has_heard_of_it()
    {
        _http.Feed.Take(Cluster, Map(1, ("kv", 3, "n1")));
        using var same = await GetAsync("/svc/kv/keys/k", version: "3");
        same.StatusCode.ShouldBe(HttpStatusCode.NotFound); // There is no such key.

        var newer = GetAsync("/svc/kv/keys/k", version: "5");
        _http.Feed.Take(Cluster, Map(2, ("kv", 4, "n1")));
        using var older = await GetAsync("/svc/kv/keys/k", version: "4");
        newer.IsCompleted.ShouldBeFalse("it has not heard of 5 yet");
        _http.Feed.Take(Cluster, Map(3, ("kv", 5, "n1")));
        using var response = await newer;
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);

        using var wrong = await GetAsync("/svc/kv/keys/k", version: "five");
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Who_is_not_primary_says_where_a_direct_request_has_to_go()
    {
        _http.Feed.Take(Cluster, Map(1, ("kv", 3, "n2")));
        _http.Place = PrimaryPlace.Elsewhere;
        using var moved = await GetAsync("/svc/kv/keys/a%2Fb?x=1", isDirect: true);
        moved.StatusCode.ShouldBe(HttpStatusCode.TemporaryRedirect);
        moved.Headers.Location.ShouldBe(new Uri("http://127.0.0.1:7202/svc/kv/keys/a%2Fb?x=1"));
        moved.Headers.GetValues("Understudy-Version").ShouldBe(["3"]);
        _http.Last.ShouldBe(default, "nothing was asked of the service");

        _http.Feed.Take(Cluster, Map(2, ("kv", 4, null)));
        using var none = await GetAsync("/svc/kv/keys/k", isDirect: true);
        none.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        _http.Place = PrimaryPlace.Here;
        using var here = await GetAsync("/svc/kv/keys/k", isDirect: true);
        here.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private async Task<ServiceMapDocument> MapAsync() => (await _http.Client.GetFromJsonAsync(
        ServiceMapDocument.Path, ContractsJson.Default.ServiceMapDocument))!;

    private async Task<HttpResponseMessage> GetAsync(string path, string? version = null, bool isDirect = false)
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { BaseAddress = _http.Client.BaseAddress };
        if (version is not null) client.DefaultRequestHeaders.Add("Understudy-Version", version);
        if (isDirect) client.DefaultRequestHeaders.Add("Understudy-Direct", "1");
        return await client.GetAsync(path);
    }

    private static async ValueTask<Stream> ConnectWithSmallBufferAsync(
        SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private async Task<EventStream> OpenAsync(
        string path, string accept = "*/*", string? last = null, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept", accept);
        if (last is not null) request.Headers.Add("Last-Event-ID", last);
        var response = await (client ?? _http.Client).SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        return new EventStream(response, new StreamReader(await response.Content.ReadAsStreamAsync()));
    }

    private sealed class EventStream(HttpResponseMessage response, StreamReader reader) : IDisposable
    {
        public async Task<(string Id, string Type, ServiceMapDocument Map)> NextAsync()
        {
            string id = "", type = "";
            while (await ReadLineAsync() is { } line)
            {
                if (line.StartsWith("id: ", StringComparison.Ordinal)) id = line[4..];
                else if (line.StartsWith("event: ", StringComparison.Ordinal)) type = line[7..];
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    (await ReadLineAsync()).ShouldBe("");
                    return (id, type, JsonSerializer.Deserialize(line[6..], ContractsJson.Default.ServiceMapDocument)!);
                }
            }

            throw new InvalidOperationException("The stream ended.");
        }

        public Task<string?> ReadLineAsync() => reader.ReadLineAsync();

        public void Dispose()
        {
            reader.Dispose();
            response.Dispose();
        }
    }
}
