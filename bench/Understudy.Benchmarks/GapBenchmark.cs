using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>
/// How long clients wait when the primary's process is killed under their load: some that use the client library, one
/// of each node's gateway, and the writer that <c>failover</c> times, all at the same time.
/// </summary>
internal sealed class GapBenchmark(
    BenchmarkCluster nodes,
    Load load,
    IReadOnlyList<CountingClient> followers,
    IReadOnlyDictionary<string, CountingClient> askers,
    TextWriter output)
{
    private const int Followers = 4;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    private readonly DemoWait _wait = new(nodes.Options, nodes.Cluster, new PlainView(TextWriter.Null));
    private readonly List<double> _client = [];
    private readonly List<double> _gateway = [];
    private readonly List<double> _failover = [];

    public static async Task<GapResult> RunAsync(ClientsOptions options, TextWriter output, CancellationToken stop)
    {
        using var nodes = new BenchmarkCluster(new DemoOptions
        {
            Clients = 0,
            Durability = options.IsDurable ? Durability.Disk : Durability.Memory,
        });
        await nodes.FormAsync(stop);
        await using var http = new KvClients(nodes.Cluster);
        using var following = http.Following();
        CountingClient[] followers = [.. Enumerable.Range(0, Followers)
            .Select(number => new CountingClient(following, $"follower-{number}", repeats: false))];
        var askers = nodes.Cluster.Nodes.ToDictionary(
            node => node.Id, node => new CountingClient(http.At(node), $"asker-{node.Id}", repeats: true));

        using var ended = new CancellationTokenSource();
        using var load = new Load([.. nodes.Cluster.Nodes.Select(node => node.Http)], nodes.Options, stop);
        CountingClient[] clients = [.. followers, .. askers.Values];
        Task[] running = [.. clients.Select(client => client.RunAsync(ended.Token, stop))];
        var benchmark = new GapBenchmark(nodes, load, followers, askers, output);
        for (var trial = 1; trial <= options.Trials; trial++) await benchmark.TryOnceAsync(trial, stop);
        await ended.CancelAsync();
        await Task.WhenAll(running);
        return await benchmark.CheckAsync(clients, stop);
    }

    private async Task TryOnceAsync(int trial, CancellationToken stop)
    {
        var before = Shape.Kv(await _wait.ForShapeAsync(null, load, stop))!;
        await _wait.ForWritesAsync(load, stop);
        var victim = nodes.Cluster.Node(before.Primary!);
        CountingClient[] survivors = [.. askers.Where(asker => asker.Key != victim.Id).Select(asker => asker.Value)];

        var strike = Monotonic.Nanoseconds;
        victim.Signal(Signals.Kill);
        await _wait.ForFailoverAsync(victim, before.Version, load, stop);
        var seen = Monotonic.Nanoseconds;
        while (followers.Concat(survivors).Any(client => client.Acks[^1] < seen)) await Task.Delay(Poll, stop);
        var until = Monotonic.Nanoseconds;
        _client.Add(Longest(followers));
        _gateway.Add(Longest(survivors));
        _failover.Add(Gap.Longest(load.GapWriter.Acks, strike, until));
        await output.WriteLineAsync(FormattableString.Invariant($"kill {trial}: {victim.Id}; client library ")
            + FormattableString.Invariant($"{_client[^1]:0.0} ms, gateways of survivors {_gateway[^1]:0.0} ms, ")
            + FormattableString.Invariant($"commit path {_failover[^1]:0.0} ms"));

        await victim.WaitForExitAsync(nodes.Options.ShapePatience, stop);
        victim.Start(nodes.Cluster.File);
        await _wait.ForShapeAsync(victim, load, stop);

        double Longest(IEnumerable<CountingClient> clients) =>
            clients.Max(client => Gap.Longest(client.Acks, strike, until));
    }

    /// <summary>Compares every counter with what its client was told.</summary>
    private async Task<GapResult> CheckAsync(IReadOnlyList<CountingClient> clients, CancellationToken stop)
    {
        await load.StopAsync();
        await load.ReadBackAsync(stop);
        var history = load.History.Snapshot();
        var findings = await Task.Run(() => Verifier.Check(history), stop);
        long changes = findings.Acknowledged, lost = findings.Lost, duplicated = findings.Duplicated;
        foreach (var client in clients)
        {
            var (told, there) = (client.Acks.Count, await client.ReadBackAsync(stop));
            changes += told;
            lost += Math.Max(0, told - there);
            duplicated += Math.Max(0, there - told - client.Failed);
        }

        return new GapResult(
            Gaps.Of(_client), Gaps.Of(_gateway), Gaps.Of(_failover), changes, lost, duplicated,
            clients.Sum(client => client.Failed));
    }
}
