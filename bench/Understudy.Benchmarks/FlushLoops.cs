using System.Diagnostics;

namespace Understudy.Benchmarks;

/// <summary>
/// Appends to some files and flushes each after every append, all at the same time: what the disk can give nodes
/// that share it, in this minute.
/// </summary>
internal static class FlushLoops
{
    private const int BlockBytes = 4096;

    public static Rate Run(string folder, int files, TimeSpan duration, CancellationToken stop)
    {
        var times = new List<double>[files];
        var clock = Stopwatch.StartNew();
        var threads = Enumerable.Range(0, files).Select(number => new Thread(() =>
            times[number] = Loop(Path.Combine(folder, $"{number}.bin"), clock, duration, stop))).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return Rate.Of([.. times.SelectMany(each => each)], clock.Elapsed);
    }

    private static List<double> Loop(string path, Stopwatch clock, TimeSpan duration, CancellationToken stop)
    {
        List<double> times = [];
        var block = new byte[BlockBytes];
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        for (long at = 0; clock.Elapsed < duration && !stop.IsCancellationRequested; at += BlockBytes)
        {
            var began = Stopwatch.GetTimestamp();
            RandomAccess.Write(file, block, at % (1024 * BlockBytes));
            RandomAccess.FlushToDisk(file);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        return times;
    }
}
