using System.Text.Json;
using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>How fast changes commit, as callers within the primary's process see it.</summary>
internal static class CallersBenchmark
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <returns>The rate, and the processor time of all nodes per commit, in microseconds.</returns>
    public static async Task<(Rate Rate, double Cost)> RunAsync(CommitOptions options, CancellationToken stop)
    {
        using var nodes = new BenchmarkCluster(CommitBenchmark.Demo(options), HostCommand.Program(options));
        nodes.Cluster.Start();
        await nodes.SaidAsync(BenchmarkHost.Measuring, Patience, stop);
        var before = nodes.Cpu;
        var result = await nodes.SaidAsync(BenchmarkHost.Result, options.Duration + Patience, stop);
        var rate = Read(result[BenchmarkHost.Result.Length..]);
        return (rate, CommitBenchmark.Cost(nodes.Cpu - before, rate, options));
    }

    private static Rate Read(string json)
    {
        var read = JsonSerializer.Deserialize(json, BenchmarkJson.Default.RateJson)
            ?? throw new DemoFailedException("a node said no result");
        var latency = read.LatencyMilliseconds;
        return new Rate(read.CommitsPerSecond, latency.P50, latency.P99, latency.Max)
        {
            AllocatedBytes = read.AllocatedBytes,
        };
    }
}
