using System.Diagnostics;
using System.Globalization;
using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>
/// How long clients wait when the primary's process is killed under their load: some that use the client library, one
/// of each node's gateway, and one that asks every node at once, which shows the failover of the commit path itself.
/// </summary>
internal sealed class GapBenchmark(BenchmarkCluster nodes, KvClients http, TextWriter output)
{
    private const int Followers = 4;
    private const int AcksBeforeKill = 100;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    private readonly DemoWait _wait = new(nodes.Options, nodes.Cluster, new PlainView(TextWriter.Null));

    private readonly CountingClient[] _followers = [.. Following(http)];

    private readonly Dictionary<string, CountingClient> _askers = nodes.Cluster.Nodes.ToDictionary(
        node => node.Id, node => Asking(node.Id, http.At(node)));

    private readonly CountingClient _everywhere = AskingAll([.. nodes.Cluster.Nodes.Select(http.At)]);

    private readonly List<double> _client = [];
    private readonly List<double> _gateway = [];
    private readonly List<double> _failover = [];

    public static async Task<GapResult> RunAsync(ClientsOptions options, TextWriter output, CancellationToken stop)
    {
        using var nodes = new BenchmarkCluster(new DemoOptions
        {
            Durability = options.IsDurable ? Durability.Disk : Durability.Memory,
        });
        await nodes.FormAsync(stop);
        await using var http = new KvClients(nodes.Cluster);
        return await new GapBenchmark(nodes, http, output).RunAsync(options.Trials, stop);
    }

    private static IEnumerable<CountingClient> Following(KvClients http)
    {
        var client = http.Following();
        return Enumerable.Range(0, Followers).Select(number => new CountingClient(
            $"follower-{number}", (path, abort) => Posts.OnceAsync(client, path, abort)));
    }

    private static CountingClient Asking(string id, HttpClient node) =>
        new($"asker-{id}", (path, abort) => Posts.UntilAnsweredAsync(node, path, abort));

    private static CountingClient AskingAll(HttpClient[] nodes) =>
        new("everywhere", (path, abort) => Posts.EverywhereAsync(nodes, path, abort));

    private IReadOnlyList<CountingClient> All => [.. _followers, .. _askers.Values, _everywhere];

    private async Task<GapResult> RunAsync(int trials, CancellationToken stop)
    {
        using var ended = new CancellationTokenSource();
        Task[] running = [.. All.Select(client => client.RunAsync(ended.Token, stop))];
        for (var trial = 1; trial <= trials; trial++) await TryOnceAsync(trial, stop);
        await ended.CancelAsync();
        await Task.WhenAll(running);
        return await CheckAsync(stop);
    }

    private async Task TryOnceAsync(int trial, CancellationToken stop)
    {
        var before = Shape.Kv(await _wait.ForShapeAsync(null, null, stop))!;
        var wanted = All.Select(client => client.Acks.Count + AcksBeforeKill).ToArray();
        await UntilAsync(() => All.Zip(wanted).All(each => each.First.Acks.Count >= each.Second), stop);
        var victim = nodes.Cluster.Node(before.Primary!);
        CountingClient[] survivors = [.. _askers.Where(asker => asker.Key != victim.Id).Select(asker => asker.Value)];
        CountingClient[] watched = [.. _followers, .. survivors, _everywhere];

        var strike = Monotonic.Nanoseconds;
        victim.Signal(Signals.Kill);
        var seen = await FailedOverAsync(victim, before.Version, stop);
        await UntilAsync(() => watched.All(client => client.LastAck > seen), stop);
        var until = Monotonic.Nanoseconds;
        _client.Add(Longest(_followers));
        _gateway.Add(Longest(survivors));
        _failover.Add(Longest([_everywhere]));
        await output.WriteLineAsync(FormattableString.Invariant($"kill {trial}: {victim.Id}; client library ")
            + FormattableString.Invariant($"{_client[^1]:0.0} ms, gateways of survivors {_gateway[^1]:0.0} ms, ")
            + FormattableString.Invariant($"commit path {_failover[^1]:0.0} ms"));

        await victim.WaitForExitAsync(nodes.Options.ShapePatience, stop);
        victim.Start(nodes.Cluster.File);
        await _wait.ForShapeAsync(victim, null, stop);

        double Longest(IEnumerable<CountingClient> clients) =>
            clients.Max(client => Gap.Longest(client.Acks, strike, until));
    }

    /// <summary>Waits until the survivors have failed over.</summary>
    /// <returns>When that was seen.</returns>
    private async Task<long> FailedOverAsync(DemoNode victim, long version, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            nodes.Cluster.CheckNoneEnded(victim);
            var status = await nodes.Cluster.StatusAsync(victim, stop);
            if (status is not null && Shape.HasFailedOver(status, victim.Id, version)) return Monotonic.Nanoseconds;
            CheckPatience(clock);
            await Task.Delay(Poll, stop);
        }
    }

    private async Task UntilAsync(Func<bool> isSo, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        while (!isSo())
        {
            CheckPatience(clock);
            await Task.Delay(Poll, stop);
        }
    }

    private void CheckPatience(Stopwatch clock)
    {
        if (clock.Elapsed > nodes.Options.ShapePatience)
            throw new DemoFailedException($"clients have waited for {clock.Elapsed.TotalSeconds:0} s");
    }

    /// <summary>Compares every counter with what its client was told.</summary>
    private async Task<GapResult> CheckAsync(CancellationToken stop)
    {
        var reader = http.Following();
        long changes = 0, lost = 0, duplicated = 0;
        foreach (var client in All)
        {
            var there = long.Parse(await reader.GetStringAsync(client.Path, stop), CultureInfo.InvariantCulture);
            changes += client.Acks.Count;
            lost += Math.Max(0, client.Acks.Count - there);
            duplicated += Math.Max(0, there - client.Acks.Count - client.Failed);
        }

        return new GapResult(
            Gaps.Of(_client), Gaps.Of(_gateway), Gaps.Of(_failover), changes, lost, duplicated,
            All.Sum(client => client.Failed));
    }
}
