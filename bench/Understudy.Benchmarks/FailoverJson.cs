using System.Text.Json;
using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>The object that <c>failover --json</c> ends with.</summary>
internal sealed record FailoverJson(LatencyJson GapMilliseconds, int Lost, int Duplicated, int Trials)
{
    public static string Of(Summary summary) => JsonSerializer.Serialize(
        new FailoverJson(
            new LatencyJson(Gap(summary, 0.5), Gap(summary, 0.99), Gap(summary, 1)),
            summary.Findings.Lost,
            summary.Findings.Duplicated,
            summary.Failovers.Count),
        BenchmarkJson.Default.FailoverJson);

    private static double Gap(Summary summary, double share) => Math.Round(summary.GapPercentile(share), 2);
}
