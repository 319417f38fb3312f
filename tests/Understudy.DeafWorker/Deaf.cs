using System.Diagnostics;

namespace Understudy.DeafWorker;

/// <summary>A worker that ignores that it is told to stop.</summary>
internal sealed class Deaf(IWorkerContext context, Ledger ledger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await pace.WaitForNextTickAsync(CancellationToken.None))
        {
            var now = (Int128)Stopwatch.GetTimestamp() * 1_000_000_000 / Stopwatch.Frequency;
            await File.AppendAllTextAsync(
                ledger.Path, $"{context.FencingToken.Version} {now}\n", CancellationToken.None);
        }
    }
}
