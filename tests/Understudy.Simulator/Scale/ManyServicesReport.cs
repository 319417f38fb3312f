using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Understudy.Transport;

namespace Understudy.Simulator.Scale;

/// <summary>Runs the cluster of very many services and says what it came to, and what it cost.</summary>
public static class ManyServicesReport
{
    /// <summary>Writes it as text; with <c>--json</c> the last line is one JSON object.</summary>
    public static void Write(RunOptions options, IMessageCodec codec, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(output);
        var watch = Stopwatch.StartNew();
        var many = new ManyServices(10_000, 50, options.First, codec);
        many.AwaitShape();
        var (formed, spread) = (many.Now, many.Spread);
        output.WriteLine(Said($"10000 services on 50 nodes are in shape after {formed.TotalSeconds:0.0} s, simulated"));
        output.WriteLine($"{spread}");
        var other = many.Kill(new Kernel.NodeId("n30"));
        output.WriteLine($"{other}");
        many.AwaitShape();
        output.WriteLine($"{many.Spread}");
        var manager = many.Kill(many.Manager);
        output.WriteLine($"{manager}");
        var cpu = Environment.CpuUsage.TotalTime;
        var peak = Process.GetCurrentProcess().PeakWorkingSet64 >> 20;
        output.WriteLine(Said(
            $"{watch.Elapsed.TotalSeconds:0.0} s by the clock, {cpu.TotalSeconds:0.0} s of CPU, {peak} MB at most"));
        if (!options.IsJson) return;
        output.WriteLine(JsonSerializer.Serialize(new
        {
            formedSeconds = formed.TotalSeconds,
            spreadOfPrimaries = spread.OfPrimaries,
            spreadOfSecondaries = spread.OfSecondaries,
            losses = new[] { other, manager }.Select(loss => new
            {
                node = loss.Node.Value,
                primaries = loss.LostPrimaries,
                providers = loss.LostProviders,
                decisions = loss.Decisions,
                checkpoints = loss.Checkpoints,
                ordersPerNode = loss.Orders.Max(),
                movedNeedlessly = loss.MovedNeedlessly,
                servedAgainMilliseconds = loss.ServedAgainAfter.TotalMilliseconds,
            }),
            cpuSeconds = cpu.TotalSeconds,
            peakMegabytes = peak,
        }));
    }

    private static string Said(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
