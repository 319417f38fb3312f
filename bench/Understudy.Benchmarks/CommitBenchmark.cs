using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>How fast kv's writes commit, as clients outside its process see it.</summary>
internal static class CommitBenchmark
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);

    /// <returns>The rate, and the processor time of all nodes per commit, in microseconds.</returns>
    public static async Task<(Rate Rate, double Cost)> RunAsync(CommitOptions options, CancellationToken stop)
    {
        using var nodes = new BenchmarkCluster(Demo(options));
        var primary = await nodes.FormAsync(stop);
        using var load = new ClosedLoop(number => PutConnection.Open(primary, $"bench-{number}"), options.Clients);
        load.Run(WarmUp, stop);
        var before = nodes.Cpu;
        var rate = load.Run(options.Duration, stop);
        return (rate, Cost(nodes.Cpu - before, rate, options));
    }

    internal static DemoOptions Demo(CommitOptions options) => new()
    {
        Durability = options.IsDurable ? Durability.Disk : Durability.Memory,
    };

    /// <summary>Processor time per commit, in microseconds.</summary>
    internal static double Cost(TimeSpan cpu, Rate rate, CommitOptions options) =>
        cpu.TotalMicroseconds / (rate.PerSecond * options.Duration.TotalSeconds);
}
