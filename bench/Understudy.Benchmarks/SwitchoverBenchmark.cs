using System.Diagnostics;
using Understudy.Cli;
using Understudy.Cli.Demo;
using Understudy.Contracts;

namespace Understudy.Benchmarks;

/// <summary>How long a writer's acknowledgements pause when an operator moves the primary.</summary>
internal sealed class SwitchoverBenchmark(BenchmarkCluster nodes, Load load, TextWriter output)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    private readonly DemoWait _wait = new(nodes.Options, nodes.Cluster, new PlainView(TextWriter.Null));

    public static async Task<SwitchoverResult> RunAsync(
        SwitchoverOptions options, TextWriter output, CancellationToken stop)
    {
        using var nodes = new BenchmarkCluster(new DemoOptions
        {
            Clients = options.Clients,
            Durability = options.IsDurable ? Durability.Disk : Durability.Memory,
        });
        await nodes.FormAsync(stop);
        var roots = nodes.Cluster.Nodes.Select(node => node.Http).ToArray();
        using var load = new Load(roots, nodes.Options, new History(), stop);
        var benchmark = new SwitchoverBenchmark(nodes, load, output);
        List<double> gaps = [];
        for (var trial = 1; trial <= options.Trials; trial++) gaps.Add(await benchmark.TryOnceAsync(trial, stop));
        await load.StopAsync();
        await load.ReadBackAsync(stop);
        var history = load.History.Snapshot();
        return new SwitchoverResult(gaps, await Task.Run(() => Verifier.Check(history), stop));
    }

    private async Task<double> TryOnceAsync(int trial, CancellationToken stop)
    {
        var before = Shape.Kv(await _wait.ForShapeAsync(null, load, stop))!;
        await _wait.ForWritesAsync(load, stop);
        using var node = new NodeClient(nodes.Cluster.Node(before.Primary!).Http);
        var asked = new CommandDocument { Command = CommandNames.Switchover, Service = before.Name };

        var start = Monotonic.Nanoseconds;
        var (_, problem) = await node.CommandAsync(asked, Guid.NewGuid().ToString("n"), stop);
        if (problem is not null) throw new DemoFailedException($"the switchover was refused: {problem.Detail}");
        var primary = await UntilMovedAsync(before, stop);
        var end = Monotonic.Nanoseconds;
        await _wait.ForWritesAsync(load, stop);
        var gap = Gap.Longest(load.GapWriter.Acks, start, end);
        await output.WriteLineAsync(FormattableString.Invariant(
            $"switchover {trial}: {before.Primary} -> {primary}, gap {gap:0.0} ms"));
        return gap;
    }

    private async Task<string> UntilMovedAsync(ServiceStatus before, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < nodes.Options.ShapePatience)
        {
            await load.CheckAsync();
            var status = await nodes.Cluster.StatusAsync(null, stop);
            var kv = status is null ? null : Shape.Kv(status);
            if (kv is { Operation: null, Primary: { } primary } && primary != before.Primary) return primary;
            await Task.Delay(LookEvery, stop);
        }

        throw new DemoFailedException($"the primary has not moved away from {before.Primary}");
    }
}
