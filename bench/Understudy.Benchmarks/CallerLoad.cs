using System.Diagnostics;

namespace Understudy.Benchmarks;

/// <summary>Callers in a closed loop, each with one change under way, within the primary's process.</summary>
internal sealed class CallerLoad(CommitsService service, IPrimaryContext primary, int callers)
{
    /// <summary>Commits for so long.</summary>
    /// <exception cref="NotPrimaryException">The provider was demoted meanwhile.</exception>
    public async Task<Rate> RunAsync(TimeSpan duration)
    {
        List<long>[] times = [.. Enumerable.Range(0, callers).Select(_ => new List<long>(1 << 16))];
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(times.Select(each => Task.Run(() => LoopAsync(each, clock, duration))));
        var elapsed = clock.Elapsed;
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        double[] all = [.. times.SelectMany(each => each).Select(Milliseconds)];
        return Rate.Of(all, elapsed) with { AllocatedBytes = Math.Round((double)allocated / all.Length) };
    }

    // Ticks, as they come: nothing that is measured waits for arithmetic.
    private async Task LoopAsync(List<long> times, Stopwatch clock, TimeSpan duration)
    {
        while (clock.Elapsed < duration)
        {
            var began = Stopwatch.GetTimestamp();
            await service.ChangeAsync(primary);
            times.Add(Stopwatch.GetTimestamp() - began);
        }
    }

    private static double Milliseconds(long ticks) => ticks * 1000.0 / Stopwatch.Frequency;
}
