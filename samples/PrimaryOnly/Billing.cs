using System.Globalization;
using Understudy;

namespace PrimaryOnly;

/// <summary>
/// Bills again and again, on one node at a time: each bill is a line of the ledger, with the fencing token and the
/// machine's monotonic time in nanoseconds.
/// </summary>
public sealed class Billing(IWorkerContext context, Ledger ledger, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var pace = new PeriodicTimer(ledger.Pace, time);
        do
        {
            var now = (Int128)time.GetTimestamp() * 1_000_000_000 / time.TimestampFrequency;
            ledger.Add(string.Create(CultureInfo.InvariantCulture, $"{context.FencingToken.Version} {now}"));
        }
        while (await pace.WaitForNextTickAsync(stoppingToken));
    }
}
