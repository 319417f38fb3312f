using System.Globalization;
using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>What switchovers cost a writer, and what became of all writes.</summary>
/// <param name="Gaps">Of each, the longest time between two acknowledged writes around it, in milliseconds.</param>
/// <param name="Findings">Whether anything was lost or done twice.</param>
internal sealed record SwitchoverResult(IReadOnlyCollection<double> Gaps, Findings Findings)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Gaps.Count} switchovers: gap p50 {At(0.5):0.0} ms, p99 {At(0.99):0.0} ms, max {At(1):0.0} ms; ")
        + string.Create(
            CultureInfo.InvariantCulture,
            $"{Findings.Acknowledged} writes acknowledged, {Findings.Lost} lost, {Findings.Duplicated} done twice, ")
        + (Findings.Linearizable ? "linearizable" : $"NOT linearizable: {Findings.Finding}");

    private double At(double share) => Summary.Percentile(Gaps, share);
}
