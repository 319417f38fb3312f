using System.Diagnostics;

namespace Understudy.Benchmarks;

/// <summary>Callers in a closed loop, each with one change under way, within the primary's process.</summary>
/// <param name="caller">Gives a caller what it does again and again.</param>
/// <param name="callers">How many.</param>
internal sealed class CallerLoad(Func<Func<ValueTask<long>>> caller, int callers)
{
    private readonly List<Func<ValueTask<long>>> _callers = [.. Enumerable.Range(0, callers).Select(_ => caller())];

    /// <summary>Commits for so long.</summary>
    /// <exception cref="NotPrimaryException">The provider was demoted meanwhile.</exception>
    public Task<Rate> RunAsync(TimeSpan duration) => RunAsync(Task.Delay(duration));

    /// <summary>Commits until this has ended.</summary>
    /// <exception cref="NotPrimaryException">The provider was demoted meanwhile.</exception>
    public async Task<Rate> RunAsync(Task end)
    {
        List<long>[] times = [.. Enumerable.Range(0, callers).Select(_ => new List<long>(1 << 16))];
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(_callers.Zip(times, (change, each) => Task.Run(() => LoopAsync(change, each, end))));
        await end;
        var elapsed = clock.Elapsed;
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        double[] all = [.. times.SelectMany(each => each).Select(Milliseconds)];
        return Rate.Of(all, elapsed) with { AllocatedBytes = Math.Round((double)allocated / all.Length) };
    }

    // Ticks, as they come: nothing that is measured waits for arithmetic.
    private static async Task LoopAsync(Func<ValueTask<long>> change, List<long> times, Task end)
    {
        while (!end.IsCompleted)
        {
            var began = Stopwatch.GetTimestamp();
            await change();
            times.Add(Stopwatch.GetTimestamp() - began);
        }
    }

    private static double Milliseconds(long ticks) => ticks * 1000.0 / Stopwatch.Frequency;
}
