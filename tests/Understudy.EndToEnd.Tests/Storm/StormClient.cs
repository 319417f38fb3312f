using System.Globalization;
using Understudy.Verification;

namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>
/// One client: thinks, increments or reads, and checks what it is told. A counter is its own: each answer must be
/// exactly one more than the last. Others it shares: what is told of them is checked in the end.
/// </summary>
internal sealed class StormClient(int number, IWayIn way, StormLedger ledger, TimeSpan think, int seed)
{
    /// <summary>The counters that all clients share.</summary>
    public static readonly IReadOnlyList<string> Shared = [.. Enumerable.Range(0, 8).Select(n => $"shared-{n}")];

    private readonly Random _random = new(seed);

    /// <summary>The counter of its own.</summary>
    public string Counter => $"{way.Name}-{number}";

    /// <summary>What was acknowledged of it.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Whether its last operation failed: nobody knows whether that took effect.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Asks until it is told to stop, or something fails.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(think * (2 * _random.NextDouble()), stop)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested) return;
            var begun = ledger.Now;
            try
            {
                await StepAsync(begun);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                HasFailed = true;
                ledger.Fail(way, Counter, begun, e);
                return;
            }
        }
    }

    private Task StepAsync(TimeSpan begun)
    {
        var drawn = Acknowledged == 0 ? 0 : _random.NextDouble();
        return drawn switch
        {
            < 0.65 => IncrementAsync(begun),
            < 0.9 => ReadAsync(begun),
            _ => ShareAsync(begun, isRead: drawn > 0.95),
        };
    }

    private async Task IncrementAsync(TimeSpan begun)
    {
        var value = Number(await way.AskAsync(HttpMethod.Post, $"keys/{Counter}/increment"));
        ledger.Answered(way, begun);
        if (value != Acknowledged + 1) ledger.Wrong($"{Counter} was {Acknowledged}, and became {value}");
        Acknowledged++;
    }

    private async Task ReadAsync(TimeSpan begun)
    {
        var value = Number(await way.AskAsync(HttpMethod.Get, $"keys/{Counter}"));
        ledger.Answered(way, begun);
        if (value != Acknowledged) ledger.Wrong($"{Counter} is {Acknowledged}, and was read as {value}");
    }

    private async Task ShareAsync(TimeSpan begun, bool isRead)
    {
        var key = Shared[_random.Next(Shared.Count)];
        var value = Number(isRead
            ? await way.AskAsync(HttpMethod.Get, $"keys/{key}")
            : await way.AskAsync(HttpMethod.Post, $"keys/{key}/increment"));
        ledger.Answered(way, begun);
        ledger.Shared(key, isRead ? KvOperationKind.Get : KvOperationKind.Increment, begun, value);
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
