using System.Globalization;
using System.Text.Json;

namespace Understudy.Benchmarks;

/// <summary>What a transfer reached, and what it cost the primary.</summary>
/// <param name="MegabytesPerSecond">How fast the snapshot arrived.</param>
/// <param name="CommitRateKept">The primary's commit rate meanwhile, as a share of the one just before.</param>
/// <param name="CommitsPerSecond">The rate just before.</param>
/// <param name="LongestPauseMilliseconds">The longest that a commit took meanwhile.</param>
/// <param name="PrimaryMegabytesGrown">By how much the memory of the primary's process grew at most meanwhile.</param>
/// <param name="SecondsToSecondary">From the wish for a further secondary until there was one.</param>
internal sealed record TransferResult(
    double MegabytesPerSecond,
    double CommitRateKept,
    double CommitsPerSecond,
    double LongestPauseMilliseconds,
    double PrimaryMegabytesGrown,
    double SecondsToSecondary)
{
    public string ToJson() => JsonSerializer.Serialize(this, BenchmarkJson.Default.TransferResult);

    public static TransferResult Parse(string json) =>
        JsonSerializer.Deserialize(json, BenchmarkJson.Default.TransferResult)!;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{MegabytesPerSecond:0} MB/s; the primary kept {CommitRateKept:P0} of {CommitsPerSecond:0} commits/s, ")
        + string.Create(
            CultureInfo.InvariantCulture,
            $"longest commit {LongestPauseMilliseconds:0} ms, memory grew by {PrimaryMegabytesGrown:0} MB; ")
        + string.Create(
            CultureInfo.InvariantCulture, $"a secondary {SecondsToSecondary:0.0} s after it was wanted");
}
