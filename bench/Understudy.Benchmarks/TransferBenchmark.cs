using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>How fast a provider that has nothing is brought up, and what that costs the primary's callers.</summary>
internal static class TransferBenchmark
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    public static async Task<TransferResult> RunAsync(TransferOptions options, CancellationToken stop)
    {
        var demo = new DemoOptions { Durability = options.IsDurable ? Durability.Disk : Durability.Memory };
        using var nodes = new BenchmarkCluster(demo, HostCommand.Program(options));
        nodes.Cluster.Start();
        var result = await nodes.SaidAsync(BenchmarkHost.Result, Patience, stop);
        return TransferResult.Parse(result[BenchmarkHost.Result.Length..]);
    }
}
