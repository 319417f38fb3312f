using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>How fast kv's writes commit, as clients outside its process see it.</summary>
internal static class CommitBenchmark
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);

    /// <returns>The rate, and the processor time of all nodes per commit, in microseconds.</returns>
    public static async Task<(Rate Rate, double Cost)> RunAsync(CommitOptions options, CancellationToken stop)
    {
        using var nodes = new BenchmarkCluster(new DemoOptions
        {
            Durability = options.IsDurable ? Durability.Disk : Durability.Memory,
        });
        var primary = await nodes.FormAsync(stop);
        using var load = new PutLoad(primary, options.Clients);
        load.Run(WarmUp, stop);
        var before = Cpu(nodes.Cluster);
        var rate = load.Run(options.Duration, stop);
        var commits = rate.PerSecond * options.Duration.TotalSeconds;
        return (rate, (Cpu(nodes.Cluster) - before).TotalMicroseconds / commits);
    }

    private static TimeSpan Cpu(DemoCluster cluster) =>
        cluster.Nodes.Aggregate(TimeSpan.Zero, (sum, node) => sum + node.Cpu);
}
