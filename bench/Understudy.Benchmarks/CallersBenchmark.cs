using System.Globalization;
using System.Text.Json;
using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>How fast changes commit, as callers within the primary's process see it.</summary>
internal static class CallersBenchmark
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <returns>The rate, and the processor time of all nodes per commit, in microseconds.</returns>
    public static async Task<(Rate Rate, double Cost)> RunAsync(CommitOptions options, CancellationToken stop)
    {
        using var nodes = new BenchmarkCluster(CommitBenchmark.Demo(options), HostCommand.Program(options));
        nodes.Cluster.Start();
        await SaidAsync(nodes.Cluster, BenchmarkHost.Measuring, Patience, stop);
        var before = nodes.Cpu;
        var result = await SaidAsync(nodes.Cluster, BenchmarkHost.Result, options.Duration + Patience, stop);
        var rate = Read(result[BenchmarkHost.Result.Length..]);
        return (rate, CommitBenchmark.Cost(nodes.Cpu - before, rate, options));
    }

    /// <summary>Waits until one of the nodes has said a line that begins so.</summary>
    private static async Task<string> SaidAsync(
        DemoCluster cluster, string beginning, TimeSpan patience, CancellationToken stop)
    {
        for (var left = patience; left > TimeSpan.Zero; left -= Poll)
        {
            cluster.CheckNoneEnded(null);
            var lines = cluster.Nodes.Where(node => File.Exists(node.Log)).SelectMany(node => File.ReadLines(node.Log));
            if (lines.FirstOrDefault(line => line.StartsWith(beginning, StringComparison.Ordinal)) is { } said)
                return said;
            await Task.Delay(Poll, stop);
        }

        var logs = string.Join('\n', cluster.Nodes.Select(node => $"{node.Id}: {node.LogTail()}"));
        throw new DemoFailedException(string.Create(
            CultureInfo.InvariantCulture, $"no node said \"{beginning}\" in {patience.TotalSeconds:0} s.\n{logs}"));
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
