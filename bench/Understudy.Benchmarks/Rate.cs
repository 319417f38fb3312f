using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>What was measured of something done again and again: how often a second, and how long one took.</summary>
internal sealed record Rate(double PerSecond, double P50, double P99, double Max)
{
    /// <summary>What the process that did them allocated for each, in bytes; null if that was not measured.</summary>
    public double? AllocatedBytes { get; init; }

    /// <param name="milliseconds">How long each took, in milliseconds.</param>
    /// <param name="elapsed">How long they took together.</param>
    public static Rate Of(IReadOnlyCollection<double> milliseconds, TimeSpan elapsed) => new(
        milliseconds.Count / elapsed.TotalSeconds,
        Summary.Percentile(milliseconds, 0.5),
        Summary.Percentile(milliseconds, 0.99),
        Summary.Percentile(milliseconds, 1));

    /// <param name="beside">What other systems reached, by their names; null if that was not measured.</param>
    public string ToJson(IReadOnlyDictionary<string, Rate>? beside = null) => JsonSerializer.Serialize(
        ToDocument() with { Beside = beside?.ToDictionary(other => other.Key, other => other.Value.ToDocument()) },
        BenchmarkJson.Default.RateJson);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{PerSecond:0}/s, p50 {P50:0.000} ms, p99 {P99:0.000} ms, max {Max:0.0} ms");

    private RateJson ToDocument() =>
        new(Math.Round(PerSecond), new LatencyJson(Round(P50), Round(P99), Round(Max)), AllocatedBytes);

    private static double Round(double value) => Math.Round(value, 3);
}

internal sealed record LatencyJson(double P50, double P99, double Max);

internal sealed record RateJson(
    double CommitsPerSecond, LatencyJson LatencyMilliseconds, double? AllocatedBytes = null)
{
    /// <summary>The same of other systems, if they were measured.</summary>
    public IReadOnlyDictionary<string, RateJson>? Beside { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RateJson))]
[JsonSerializable(typeof(GapJson))]
[JsonSerializable(typeof(TransferResult))]
[JsonSerializable(typeof(DecideResult))]
[JsonSerializable(typeof(TcpResult))]
[JsonSerializable(typeof(ClientsJson))]
internal sealed partial class BenchmarkJson : JsonSerializerContext;
