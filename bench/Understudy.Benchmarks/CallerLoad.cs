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
        var clock = Stopwatch.StartNew();
        var times = await Task.WhenAll(_callers.Select(change => Task.Run(() => LoopAsync(change, end))));
        await end;
        return Rate.Of([.. times.SelectMany(each => each).Select(Milliseconds)], clock.Elapsed);
    }

    // Ticks, as they come: nothing that is measured waits for arithmetic.
    private static async Task<List<long>> LoopAsync(Func<ValueTask<long>> change, Task end)
    {
        List<long> times = new(1 << 16);
        while (!end.IsCompleted)
        {
            var began = Stopwatch.GetTimestamp();
            await change();
            times.Add(Stopwatch.GetTimestamp() - began);
        }

        return times;
    }

    private static double Milliseconds(long ticks) => ticks * 1000.0 / Stopwatch.Frequency;
}
