using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Understudy.Client;
using Understudy.Services;
using Understudy.Tests.Web;

namespace Understudy.Tests.Client;

public sealed class FollowPrimaryTests : IAsyncLifetime
{
    private WebCluster _cluster = null!;
    private ServiceProvider? _provider;

    public async ValueTask InitializeAsync() => _cluster = await WebCluster.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_provider is not null) await _provider.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_container_that_is_not_disposed_of_asynchronously_takes_the_client_along()
    {
        using var provider = new ServiceCollection().AddHttpClient("ledger")
            .FollowPrimary("ledger", Url(_cluster.Nodes[0])).Services.BuildServiceProvider();
        using var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("ledger");
        (await client.GetStringAsync("notes")).ShouldBe("0");
    }

    [Fact]
    public async Task A_request_goes_straight_to_the_primary_and_a_locator_says_where_that_is()
    {
        var client = Client(_cluster.Others.First());
        using var response = await client.GetAsync("where?a=b");
        (await response.Content.ReadAsStringAsync()).ShouldBe($"{_cluster.Primary.Node} /where?a=b ");
        await using var locator = new ServiceLocator([Url(_cluster.Others.First())]);
        var place = await locator.FindPrimaryAsync("ledger");
        place.Url.ShouldBe(new Uri(_cluster.Primary.HttpAddress, "/svc/ledger"));
        place.Version.ShouldBeGreaterThanOrEqualTo(
            long.Parse(response.Headers.GetValues("Understudy-Version").Single(), CultureInfo.InvariantCulture));
        locator.Nodes.Count.ShouldBe(3, "the others are learned");
    }

    [Fact]
    public async Task A_failover_is_not_noticed_and_every_request_takes_effect_once()
    {
        var client = Client(_cluster.Nodes[0]);
        var first = _cluster.Primary;
        var begun = new CountdownEvent(20);
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 4).Select(_ => Task.Run(() => WriteAsync(client, begun, stop.Token)));
        var writing = writers.ToArray();
        begun.Wait(TestContext.Current.CancellationToken);
        await _cluster.KillAsync(first);
        using (var after = await client.PostAsync("notes", new StringContent("after")))
            after.StatusCode.ShouldBe(HttpStatusCode.OK, await after.Content.ReadAsStringAsync());
        await stop.CancelAsync();

        var written = 1 + (await Task.WhenAll(writing)).Sum();
        (await client.GetStringAsync("notes")).Split(' ')[0].ShouldBe($"{written}");
    }

    [Fact]
    public async Task A_client_survives_the_loss_of_every_node_that_it_was_given()
    {
        var given = _cluster.Others.First();
        var client = Client(given);
        (await client.GetStringAsync("notes")).ShouldBe("0");
        await _cluster.KillAsync(given);
        for (var number = 1; number <= 3; number++)
        {
            using var response = await client.PostAsync("notes", new StringContent("x"));
            (await response.Content.ReadAsStringAsync()).ShouldStartWith($"{number} at ");
        }
    }

    [Fact]
    public async Task A_switchover_is_heard_of_by_the_stream()
    {
        await using var locator = new ServiceLocator([Url(_cluster.Nodes[0])]);
        var before = await locator.FindPrimaryAsync("ledger");
        await _cluster.KillAsync(_cluster.Primary);
        var changed = locator.Changed;
        while (locator.Find("ledger") is not { Url: { } url } || url == before.Url)
        {
            await changed.WaitAsync(TimeSpan.FromSeconds(60));
            changed = locator.Changed;
        }

        locator.Find("ledger")!.Version.ShouldBeGreaterThan(before.Version);
    }

    [Fact]
    public async Task A_request_that_nobody_takes_fails_at_its_deadline_with_the_last_reason()
    {
        var services = new ServiceCollection();
        services.AddHttpClient("nobody").FollowPrimary(
            "ledger", [$"http://127.0.0.1:{FreePort()}"], options => options.HoldFor = TimeSpan.FromMilliseconds(300));
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("nobody");
        var failure = await Should.ThrowAsync<HttpRequestException>(client.GetAsync("notes"));
        failure.HttpRequestError.ShouldBe(HttpRequestError.ConnectionError);
    }

    [Fact]
    public async Task A_connection_that_is_closed_while_it_is_made_counts_as_none()
    {
        await using var locator = new ServiceLocator([Url(_cluster.Nodes[0])]);
        using var transport = new ClosedAtOnce(times: 2);
        using var handler = new FollowPrimaryHandler(
            "ledger", locator, new FollowPrimaryOptions { AddKeys = false }, transport, TimeProvider.System);
        using var client = new HttpClient(handler) { BaseAddress = new Uri("http://ledger/") };
        using var response = await client.PostAsync("notes", new StringContent("x"));
        (await response.Content.ReadAsStringAsync()).ShouldStartWith("1 at ");
    }

    [Fact]
    public async Task A_locator_goes_on_listening_after_a_connection_that_is_closed_while_it_is_made()
    {
        using var handler = new ClosedAtOnce(times: 6);
        await using var locator = new ServiceLocator([Url(_cluster.Nodes[0])], handler);
        var place = await locator.FindPrimaryAsync("ledger").WaitAsync(TimeSpan.FromSeconds(60));
        place.Primary.ShouldBe(_cluster.Primary.Node);
    }

    [Fact]
    public async Task Connections_are_kept_warm_after_one_that_is_closed_while_it_is_made()
    {
        await using var locator = new ServiceLocator([Url(_cluster.Nodes[0])]);
        await locator.FindPrimaryAsync("ledger").WaitAsync(TimeSpan.FromSeconds(60));
        var clock = new FakeTimeProvider();
        using var handler = new ClosedAtOnce(times: int.MaxValue);
        using var invoker = new HttpMessageInvoker(handler);
        using var warm = new WarmConnections("ledger", locator, invoker.SendAsync, clock);
        warm.Begin(HttpVersion.Version11);
        var secondaries = locator.Find("ledger")!.Secondaries.Count;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (handler.Tried <= secondaries)
        {
            clock.Advance(TimeSpan.FromSeconds(60));
            await pace.WaitForNextTickAsync(limit.Token);
        }
    }

    [Fact]
    public void Nodes_that_cannot_be_are_refused()
    {
        Should.Throw<ArgumentException>(() => new ServiceLocator([]));
        Should.Throw<ArgumentException>(() => new ServiceLocator(["n1:7201"])).Message.ShouldContain("n1:7201");
    }

    private HttpClient Client(UnderstudyNode node)
    {
        var services = new ServiceCollection();
        services.AddHttpClient("ledger").FollowPrimary("ledger", Url(node));
        _provider = services.BuildServiceProvider();
        return _provider.GetRequiredService<IHttpClientFactory>().CreateClient("ledger");
    }

    private static async Task<int> WriteAsync(HttpClient client, CountdownEvent begun, CancellationToken stop)
    {
        var written = 0;
        for (; !stop.IsCancellationRequested; written++)
        {
            using var response = await client.PostAsync("notes", new StringContent("x"), CancellationToken.None);
            var text = await response.Content.ReadAsStringAsync(CancellationToken.None);
            response.StatusCode.ShouldBe(HttpStatusCode.OK, text);
            if (!begun.IsSet) begun.Signal();
        }

        return written;
    }

    private static string Url(UnderstudyNode node) => node.HttpAddress.ToString();

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>
    /// What .NET's own handler does when the other side closes a connection while it is made: no HttpRequestException.
    /// </summary>
    private sealed class ClosedAtOnce(int times) : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
    {
        private int _tried;

        public int Tried => Volatile.Read(ref _tried);

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) =>
            Interlocked.Increment(ref _tried) <= times
                ? throw new SocketException((int)SocketError.NotConnected)
                : base.SendAsync(request, cancellationToken);
    }
}
