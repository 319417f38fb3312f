using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>How long a writer's acknowledgements pause when the primary's process is lost, as in the demo.</summary>
internal static class FailoverBenchmark
{
    public static async Task<Summary> RunAsync(FailoverOptions options, TextWriter output, CancellationToken stop)
    {
        using var nodes = new BenchmarkCluster(new DemoOptions
        {
            Rounds = options.Trials,
            Clients = options.Clients,
            Fault = options.Fault,
            Durability = options.IsDurable ? Durability.Disk : Durability.Memory,
        });
        var run = new DemoRun(nodes.Options, nodes.Cluster, new PlainView(output));
        return await run.RunAsync(stop);
    }
}
