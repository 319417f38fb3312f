using System.Diagnostics;
using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>
/// What a way in adds to a request for kv, one at a time: the same request straight to the primary's node and by the
/// way, in turns of 100, for as long as is asked.
/// </summary>
internal static class AddedBenchmark
{
    private const int Turn = 100;
    private const string Key = "added";
    private const string KvPath = $"/svc/kv/keys/{Key}";
    private const string WebPath = $"/svc/{WebCounter.Name}/value";

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);

    /// <summary>By any node, which has it answered by the primary's; and by the client library.</summary>
    public static async Task<(WayIn Gateway, WayIn Client)> RunAsync(ClientsOptions options, CancellationToken stop)
    {
        using var nodes = new BenchmarkCluster(new DemoOptions { Durability = Durability.Memory });
        var primary = await nodes.FormAsync(stop);
        var other = nodes.Cluster.Nodes.First(node => node.Http != primary).Http;
        return (
            await ByGatewayAsync(KvPath, primary, other, options, stop),
            await ByClientAsync(primary, nodes.Cluster, options, stop));
    }

    /// <summary>By any node, to the endpoints of a web application that run at the primary.</summary>
    public static async Task<WayIn> RunWebAsync(ClientsOptions options, CancellationToken stop)
    {
        using var nodes = new BenchmarkCluster(
            new DemoOptions { Durability = Durability.Memory }, HostCommand.WebProgram());
        await nodes.FormAsync(stop);
        var primary = await nodes.PrimaryOfAsync(WebCounter.Name, stop);
        var other = nodes.Cluster.Nodes.First(node => node != primary);
        return await ByGatewayAsync(WebPath, primary.Http, other.Http, options, stop);
    }

    private static async Task<WayIn> ByGatewayAsync(
        string path, Uri primary, Uri other, ClientsOptions options, CancellationToken stop)
    {
        var change = await CompareAsync(ValueConnection.Increment);
        return new WayIn(await CompareAsync(ValueConnection.Read), change);

        async Task<Comparison> CompareAsync(Func<Uri, string, ClosedLoopConnection> open)
        {
            using var straight = open(primary, path);
            using var via = open(other, path);
            return await AddedBenchmark.CompareAsync(() => AskAsync(straight), () => AskAsync(via), options, stop);
        }
    }

    private static async Task<WayIn> ByClientAsync(
        Uri primary, DemoCluster cluster, ClientsOptions options, CancellationToken stop)
    {
        using var straight = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(primary, "svc/kv/"),
        };
        await using var clients = new KvClients(cluster);
        using var following = clients.Following();

        // The client library gives each change a key; so does who asks by himself.
        return new WayIn(
            await CompareAsync(() => ReadAsync(straight, stop), () => ReadAsync(following, stop), options, stop),
            await CompareAsync(
                () => ChangeAsync(straight, Guid.NewGuid().ToString("N"), stop),
                () => ChangeAsync(following, null, stop),
                options,
                stop));
    }

    private static async Task<Comparison> CompareAsync(
        Func<Task> straight, Func<Task> via, ClientsOptions options, CancellationToken stop)
    {
        await TakeTurnsAsync(straight, [], via, [], WarmUp, stop);
        List<double> direct = [], added = [];
        await TakeTurnsAsync(straight, direct, via, added, options.Duration, stop);
        return new Comparison(Percentiles.Of(direct), Percentiles.Of(added));
    }

    private static async Task TakeTurnsAsync(
        Func<Task> straight, List<double> direct, Func<Task> via, List<double> added, TimeSpan duration,
        CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < duration)
        {
            stop.ThrowIfCancellationRequested();
            await TurnAsync(straight, direct);
            await TurnAsync(via, added);
        }
    }

    private static async Task TurnAsync(Func<Task> ask, List<double> milliseconds)
    {
        for (var i = 0; i < Turn; i++)
        {
            var sent = Stopwatch.GetTimestamp();
            await ask();
            milliseconds.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
        }
    }

    private static Task AskAsync(ClosedLoopConnection connection)
    {
        connection.Send();
        connection.Finish();
        return Task.CompletedTask;
    }

    private static async Task ReadAsync(HttpClient client, CancellationToken stop) =>
        await client.GetByteArrayAsync($"keys/{Key}", stop);

    private static async Task ChangeAsync(HttpClient client, string? key, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"keys/{Key}/increment");
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        using var response = await client.SendAsync(request, stop);
        response.EnsureSuccessStatusCode();
    }
}
