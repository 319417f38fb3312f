using System.Diagnostics;
using Understudy.Kernel;
using Understudy.Transport;

namespace Understudy.Simulator.Runs;

/// <summary>
/// Runs many seeds, several at once; each is single-threaded, so the result does not depend on how many.
/// </summary>
public sealed class SeedRunner(RunOptions options, IMessageCodec? codec)
{
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(15);

    private readonly SeedResult?[] _results = new SeedResult?[options.Seeds];
    private int _next = -1;
    private int _done;
    private volatile bool _hasFailed;

    /// <summary>Runs them all, or until the first violation if so asked.</summary>
    /// <param name="progress">Told now and then how far the run is; may be null.</param>
    public RunReport Run(TextWriter? progress)
    {
        var watch = Stopwatch.StartNew();
        var processorTime = ProcessorTime();
        var workers = new Thread[Math.Min(options.Threads, options.Seeds)];
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = new Thread(RunSeeds) { IsBackground = true, Name = $"seeds {i}" };
            workers[i].Start();
        }

        foreach (var worker in workers)
        {
            while (!worker.Join(ProgressEvery)) progress?.WriteLine($"  {_done} of {options.Seeds} seeds");
        }

        return new RunReport(
            options,
            [.. _results.OfType<SeedResult>()],
            watch.Elapsed,
            ProcessorTime() - processorTime,
            workers.Length);
    }

    private static TimeSpan ProcessorTime()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }

    private void RunSeeds()
    {
        while (!(_hasFailed && options.StopsAtFirst))
        {
            var index = Interlocked.Increment(ref _next);
            if (index >= options.Seeds) return;
            var result = SeedRun.Run(options.First + (ulong)index, options, codec);
            _results[index] = result;
            if (result.Violation is not null) _hasFailed = true;
            Interlocked.Increment(ref _done);
        }
    }
}
