using System.Text.Json;

namespace Understudy.Benchmarks;

/// <summary>What one way to the backend reaches: the median of its rounds.</summary>
/// <param name="MegabytesPerSecond">Of streams.</param>
/// <param name="RequestsPerSecond">Of small requests.</param>
internal sealed record TcpRate(double MegabytesPerSecond, double RequestsPerSecond)
{
    /// <summary>Which part of another way's this is, in that of the two in which it is less.</summary>
    public double ShareOf(TcpRate other) => Math.Round(
        Math.Min(MegabytesPerSecond / other.MegabytesPerSecond, RequestsPerSecond / other.RequestsPerSecond), 2);

    public override string ToString() =>
        FormattableString.Invariant($"{MegabytesPerSecond:0} MB/s in four streams, {RequestsPerSecond:0} requests/s");
}

/// <summary>What <c>tcp</c> measured.</summary>
internal sealed record TcpResult(TcpRate Direct, TcpRate? Haproxy, TcpRate Understudy)
{
    public double? TcpShareOfHaproxy => Haproxy is null ? null : Understudy.ShareOf(Haproxy);

    public double TcpShareOfDirect => Understudy.ShareOf(Direct);

    public override string ToString() => string.Join(
        Environment.NewLine,
        $"direct: {Direct}",
        Haproxy is null ? "HAProxy is not installed (apt-get install haproxy)" : $"by HAProxy: {Haproxy}",
        $"by Understudy: {Understudy}");

    public string ToJson() => JsonSerializer.Serialize(this, BenchmarkJson.Default.TcpResult);
}
