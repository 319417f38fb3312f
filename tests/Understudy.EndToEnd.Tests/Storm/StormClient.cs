using System.Net.Sockets;
using Understudy.Verification;

namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>
/// One client: thinks, changes or reads, and checks what it is told. A counter is its own: what it is told of it must
/// follow from what it was told before. Others it shares: what is told of them is checked in the end.
/// </summary>
/// <param name="number">Its own among those of its way in.</param>
/// <param name="way">How it asks.</param>
/// <param name="ledger">What is told there.</param>
/// <param name="think">For how long, on average.</param>
/// <param name="seed">Draws what it does.</param>
internal sealed class StormClient(int number, IWayIn way, StormLedger ledger, TimeSpan think, int seed)
{
    /// <summary>The counters that all clients of a service share.</summary>
    public static readonly IReadOnlyList<string> Shared = [.. Enumerable.Range(0, 4).Select(n => $"shared-{n}")];

    private readonly Random _random = new(seed);

    /// <summary>How it asks.</summary>
    public IWayIn Way => way;

    /// <summary>The counter of its own.</summary>
    public string Counter => $"{way.Name}-{number}";

    /// <summary>What its counter is, as far as it was told.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>How many increments of it may have been made besides, or be made yet.</summary>
    public long Uncertain { get; private set; }

    /// <summary>Asks until it is told to stop, or something fails.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        ledger.Expect(Counter);
        do
        {
            await StormPause.PassAsync(think * (2 * _random.NextDouble()), stop);
        }
        while (!stop.IsCancellationRequested && await AskAsync());
    }

    /// <summary>Asks once. False if that failed.</summary>
    public async Task<bool> AskAsync()
    {
        var begun = ledger.Now;
        try
        {
            await StepAsync(begun);
            ledger.Answered(way.Name, Counter, begun);
            return true;
        }
        catch (UnknownOutcomeException e)
        {
            Uncertain++;
            ledger.Cut(Counter, begun, e);
            return true;
        }
        catch (Exception e) when (
            e is HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            Uncertain++;
            ledger.Fail(Counter, begun, e);
            return false;
        }
    }

    private async Task StepAsync(TimeSpan begun)
    {
        var drawn = Acknowledged == 0 ? 0 : _random.NextDouble();
        switch (drawn)
        {
            case < 0.6:
                Take(await way.IncrementAsync(Counter), made: 1);
                break;
            case < 0.8:
                Take(await way.NumberAsync(Counter), made: 0);
                break;
            case < 0.9 when way.MayRepeat:
                // A repetition that came too late would undo what is done next.
                await way.AskAsync(HttpMethod.Put, $"keys/{Counter}", $"{Acknowledged + 1}");
                Acknowledged++;
                break;
            default:
                await ShareAsync(begun, isRead: drawn > 0.95 || !way.MayRepeat);
                break;
        }
    }

    private void Take(long value, int made)
    {
        var least = Acknowledged + made;
        if (value < least || value > least + Uncertain)
            ledger.Wrong($"{Counter} was {Acknowledged} (+{Uncertain}), and after {made} increments it is {value}");
        Uncertain -= Math.Clamp(value - least, 0, Uncertain);
        Acknowledged = value;
    }

    private async Task ShareAsync(TimeSpan begun, bool isRead)
    {
        var key = Shared[_random.Next(Shared.Count)];
        var value = isRead
            ? await way.NumberAsync(key)
            : await way.IncrementAsync(key);
        ledger.Shared(
            $"{way.Service} {key}", isRead ? KvOperationKind.Get : KvOperationKind.Increment, begun, value);
    }
}
