using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Understudy.Contracts;
using Understudy.Hosting;
using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Tests.Hosting;

/// <summary>A whole node in this process: real sockets, real files.</summary>
public sealed class NodeRuntimeTests : IAsyncDisposable
{
    private static readonly NodeId _n1 = new("n1");

    private readonly string _folder = Directory.CreateTempSubdirectory("understudy-").FullName;
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(20) };
    private readonly List<Exception> _failures = [];

    [Fact]
    public async Task One_node_serves_and_finds_its_data_when_it_starts_again()
    {
        await using (var first = await StartAsync())
        {
            using var put = await _client.PutAsync(Key(first), new StringContent("hello"));
            put.StatusCode.ShouldBe(HttpStatusCode.NoContent, await put.Content.ReadAsStringAsync());
            await first.StopAsync(CancellationToken.None);
        }

        await using (var second = await StartAsync())
        {
            (await _client.GetStringAsync(Key(second))).ShouldBe("hello");
            await second.StopAsync(CancellationToken.None);
        }

        _failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_member_says_in_its_status_what_it_is()
    {
        await using var node = await StartAsync();
        (await _client.GetAsync(Key(node))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var address = new Uri(node.HttpAddress, StatusDocument.Path);
        var status = await _client.GetFromJsonAsync(address, ContractsJson.Default.StatusDocument);
        status!.Node.State.ShouldBe(NodeStates.Member);
        status.View!.Members.Select(member => member.Id).ShouldBe(["n1"]);
        status.Services.Single().Primary.ShouldBe("n1");
        status.Reasons.ShouldBeEmpty();
        (await _client.GetStringAsync(new Uri(node.HttpAddress, "/readyz"))).ShouldBe("ready\n");
        (await _client.GetStringAsync(new Uri(node.HttpAddress, "/health/kv/primary")))
            .ShouldContain("\"role\":\"primary\"");
        await node.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_service_comes_and_goes_while_the_node_runs()
    {
        await using var node = await StartAsync();
        var orders = new ServiceName("orders");
        var definition = new ServiceDefinition(orders, "kv", 0, 0, true);
        var told = await CommandAsync(node, new OperatorCommand.AddService(definition));
        told.Outcome.ShouldBe(CommandOutcome.Accepted, told.Text);
        var key = new Uri(node.HttpAddress, "/svc/orders/keys/k");
        using var put = await _client.PutAsync(key, new StringContent("hello"));
        put.StatusCode.ShouldBe(HttpStatusCode.NoContent, await put.Content.ReadAsStringAsync());
        (await _client.GetAsync(new Uri(node.HttpAddress, "/health/orders/primary"))).EnsureSuccessStatusCode();
        node.Local.Status().Services.Select(service => service.Name).ShouldBe(["kv", "orders"]);

        (await CommandAsync(node, new OperatorCommand.RemoveService(orders))).Outcome.ShouldBe(CommandOutcome.Done);
        (await _client.GetAsync(key)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await _client.GetAsync(new Uri(node.HttpAddress, "/health/orders/primary"))).StatusCode
            .ShouldBe(HttpStatusCode.NotFound);
        node.Local.Status().Services.Select(service => service.Name).ShouldBe(["kv"]);
        node.Local.History("orders")!.Changes[^1].What.ShouldBe("orders is removed");
        await node.StopAsync(CancellationToken.None);
        _failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_last_service_that_was_removed_does_not_come_back_from_the_file()
    {
        await using (var first = await StartAsync())
        {
            await CommandAsync(first, new OperatorCommand.RemoveService(new ServiceName("kv")));
            first.Local.Status().Services.ShouldBeEmpty();
            await first.StopAsync(CancellationToken.None);
        }

        await using var second = await StartAsync();
        (await _client.GetAsync(Key(second))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        second.Local.Status().Services.ShouldBeEmpty();
        second.Local.Status().Reasons.ShouldBeEmpty();
        await second.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_command_is_carried_out_once_under_its_key()
    {
        await using var node = await StartAsync();
        var hold = new OperatorCommand.Hold(null);
        var first = await node.Commands.CommandAsync(hold, "once", CancellationToken.None);
        await CommandAsync(node, new OperatorCommand.Resume(null));
        (await node.Commands.CommandAsync(hold, "once", CancellationToken.None)).ShouldBe(first);
        node.Local.Status().Held.ShouldBeFalse();
        await node.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_node_that_stops_answers_every_request_that_it_took()
    {
        var taken = 0L;
        await using (var first = await StartAsync())
        {
            var begun = new CountdownEvent(40);
            var writers = Enumerable.Range(0, 8).Select(_ => Task.Run(() => IncrementAsync(first, begun))).ToArray();
            begun.Wait(TestContext.Current.CancellationToken);
            await first.StopAsync(CancellationToken.None);
            taken = (await Task.WhenAll(writers)).Sum();
        }

        await using var second = await StartAsync();
        (await _client.GetStringAsync(Key(second))).ShouldBe(taken.ToString(CultureInfo.InvariantCulture));
        await second.StopAsync(CancellationToken.None);
        _failures.ShouldBeEmpty();
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Increments in a closed loop until the node is out of reach; returns how often it answered.</summary>
    private async Task<long> IncrementAsync(NodeRuntime node, CountdownEvent begun)
    {
        var address = new Uri(node.HttpAddress, "/svc/kv/keys/k/increment");
        for (var answered = 0L; ; answered++)
        {
            try
            {
                using var response = await _client.PostAsync(address, null);
                response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
                if (!begun.IsSet) begun.Signal();
            }
            catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
            {
                return answered;
            }
        }
    }

    private async Task<NodeRuntime> StartAsync()
    {
        var configuration = ClusterConfiguration.SingleNode(new IPEndPoint(IPAddress.Loopback, 0));
        var node = new NodeRuntime(configuration, _n1, _folder, TimeProvider.System, _failures.Add);
        await node.StartAsync(CancellationToken.None);
        return node;
    }

    private static Task<CommandAnswer> CommandAsync(NodeRuntime node, OperatorCommand command) =>
        node.Commands.CommandAsync(command, null, CancellationToken.None).AsTask();

    private static Uri Key(NodeRuntime node) => new(node.HttpAddress, "/svc/kv/keys/k");
}
