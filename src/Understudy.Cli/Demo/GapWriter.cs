using Understudy.Verification;

namespace Understudy.Cli.Demo;

/// <summary>
/// One writer that increments one counter, each time when the last is answered. So the time between two of its
/// acknowledgements is what a fault costs a client, and a write that took effect twice shows in the count.
/// </summary>
internal sealed class GapWriter(int client, KvClient kv, History history)
{
    public const string Key = "gap";

    private readonly Lock _lock = new();
    private readonly List<long> _acks = [];

    /// <summary>When its writes were acknowledged, ascending, in nanoseconds.</summary>
    public IReadOnlyList<long> Acks
    {
        get
        {
            lock (_lock) return [.. _acks];
        }
    }

    /// <summary>When its last write was acknowledged; 0 before the first.</summary>
    public long LastAck
    {
        get
        {
            lock (_lock) return _acks.Count == 0 ? 0 : _acks[^1];
        }
    }

    /// <summary>Works until <paramref name="stop"/>, and then ends what it has begun.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken abort)
    {
        while (!stop.IsCancellationRequested)
        {
            var increment = DemoClient.Ask(KvOperationKind.Increment, Key) with { Argument = 1 };
            var done = await kv.AskAsync(increment, abort);
            history.Add(new Operation(client, done));
            if (done.Outcome != KvOutcome.Done) continue;
            lock (_lock) _acks.Add(done.ReturnedAt);
        }
    }
}
