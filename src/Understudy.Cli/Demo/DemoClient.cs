using Understudy.Verification;

namespace Understudy.Cli.Demo;

/// <summary>
/// A client in a closed loop: puts and increments of keys that only it writes, compare-and-sets, puts and reads of
/// keys that all share.
/// </summary>
internal sealed class DemoClient(int number, KvClient kv, History history, int seed)
{
    // New keys after so many operations of all clients: short histories of many keys are quick to check.
    private const int OperationsPerSegment = 1024;
    private const int OwnKeys = 4;
    private const int SharedKeys = 3;

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, long> _seen = [];
    private long _value;

    /// <summary>Works until <paramref name="stop"/>, and then ends what it has begun.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken abort)
    {
        while (!stop.IsCancellationRequested)
        {
            var asked = Next(history.Count / OperationsPerSegment);
            var done = await kv.AskAsync(asked, abort);
            history.Add(new Operation(number, done));
            if (done.Version != 0) _seen[done.Key] = done.Version;
        }
    }

    private KvOperation Next(int segment)
    {
        var own = $"c{number}-{segment}-{_random.Next(OwnKeys)}";
        var shared = $"shared-{segment}-{_random.Next(SharedKeys)}";
        return _random.Next(100) switch
        {
            < 35 => Ask(KvOperationKind.Put, own) with { Argument = NewValue() },
            < 60 => Ask(KvOperationKind.Increment, $"count-c{number}-{segment}") with { Argument = 1 },
            < 70 => Ask(KvOperationKind.Get, own),
            < 80 => Ask(KvOperationKind.Get, shared),
            < 90 => Ask(KvOperationKind.Put, shared) with { Argument = NewValue() },
            _ => Ask(KvOperationKind.CompareAndSet, shared) with
            {
                Argument = NewValue(),
                Expected = _seen.GetValueOrDefault(shared),
            },
        };
    }

    // No value is written twice by anybody, so a value names its write.
    private long NewValue() => (++_value * (DemoOptions.MostClients + 1)) + number;

    internal static KvOperation Ask(KvOperationKind kind, string key) => new()
    {
        Key = key,
        Kind = kind,
        CalledAt = 0,
        ReturnedAt = KvOperation.Never,
        Outcome = KvOutcome.Unknown,
    };
}
