using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Understudy.EndToEnd.Tests;

/// <summary>A client that behaves, on one connection to one node. Every request of its must succeed.</summary>
internal sealed class GoodClient(RealNode node) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1 })
    {
        Timeout = TimeSpan.FromSeconds(30),
    };

    /// <summary>Puts and reads a value so many times.</summary>
    public async Task<Latency> MeasureAsync(int times)
    {
        var address = new Uri(node.Http, "/svc/kv/keys/good");
        var took = new double[times];
        for (var i = 0; i < times; i++)
        {
            var began = Stopwatch.GetTimestamp();
            using var put = await _http.PutAsync(address, new StringContent($"{i}"));
            put.StatusCode.ShouldBe(HttpStatusCode.NoContent, await put.Content.ReadAsStringAsync());
            (await _http.GetStringAsync(address)).ShouldBe($"{i}");
            took[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        Array.Sort(took);
        return new Latency(took[times / 2], took[times * 99 / 100]);
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>How long a write and a read took, in milliseconds.</summary>
internal readonly record struct Latency(double P50, double P99)
{
    /// <summary>
    /// Beside hostile clients it may be some times as long as without: machines are busy with other things.
    /// </summary>
    public void ShouldBeNear(params Latency[] alone)
    {
        P50.ShouldBeLessThan(5 * alone.Max(each => each.P50) + 1, "milliseconds at p50");
        P99.ShouldBeLessThan(20 * alone.Max(each => each.P99) + 1, "milliseconds at p99");
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"p50 {P50:0.00} ms, p99 {P99:0.00} ms");
}
