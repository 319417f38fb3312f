using System.Diagnostics;

namespace Understudy.Benchmarks;

/// <summary>Callers in a closed loop, each with one change under way, within the primary's process.</summary>
internal sealed class CallerLoad(CommitsService service, IPrimaryContext primary, int callers)
{
    /// <summary>Commits for so long.</summary>
    /// <exception cref="NotPrimaryException">The provider was demoted meanwhile.</exception>
    public async Task<Rate> RunAsync(TimeSpan duration)
    {
        var clock = Stopwatch.StartNew();
        var times = await Task.WhenAll(Enumerable.Range(0, callers)
            .Select(_ => Task.Run(() => LoopAsync(clock, duration))));
        return Rate.Of([.. times.SelectMany(each => each).Select(Milliseconds)], clock.Elapsed);
    }

    // Ticks, as they come: nothing that is measured waits for arithmetic.
    private async Task<List<long>> LoopAsync(Stopwatch clock, TimeSpan duration)
    {
        List<long> times = new(1 << 16);
        while (clock.Elapsed < duration)
        {
            var began = Stopwatch.GetTimestamp();
            await service.ChangeAsync(primary);
            times.Add(Stopwatch.GetTimestamp() - began);
        }

        return times;
    }

    private static double Milliseconds(long ticks) => ticks * 1000.0 / Stopwatch.Frequency;
}
