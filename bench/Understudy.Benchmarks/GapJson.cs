using System.Text.Json;
using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>The object that <c>failover --json</c> and <c>switchover --json</c> end with.</summary>
internal sealed record GapJson(LatencyJson GapMilliseconds, int Lost, int Duplicated, int Trials)
{
    public static string Of(IReadOnlyCollection<double> gaps, Findings findings) => JsonSerializer.Serialize(
        new GapJson(
            new LatencyJson(Gap(gaps, 0.5), Gap(gaps, 0.99), Gap(gaps, 1)),
            findings.Lost,
            findings.Duplicated,
            gaps.Count),
        BenchmarkJson.Default.GapJson);

    private static double Gap(IReadOnlyCollection<double> gaps, double share) =>
        Math.Round(Summary.Percentile(gaps, share), 2);
}
