using Understudy.Verification;

namespace Understudy.Cli.Demo;

/// <summary>
/// One writer that increments one counter, each time when the last is answered. When an answer fails, or is late, it
/// asks all other nodes at once with the same idempotency key. So the time between two of its acknowledgements is
/// what a fault costs a client that knows the nodes, and a write that took effect twice shows in the count.
/// </summary>
internal sealed class GapWriter(int client, KvGateway gateway, History history, DemoOptions options)
{
    public const string Key = "gap";

    private static readonly TimeSpan HedgeAfter = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    private readonly string _run = Guid.NewGuid().ToString("N")[..8];
    private readonly Lock _lock = new();
    private readonly List<long> _acks = [];
    private int _preferred = client % gateway.Nodes;

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
        for (var number = 0; !stop.IsCancellationRequested; number++)
        {
            var asked = DemoClient.Ask(KvOperationKind.Increment, Key) with
            {
                Argument = 1,
                CalledAt = Monotonic.Nanoseconds,
            };
            var done = await WriteAsync(asked, $"{_run}-gap-{number}", abort);
            history.Add(new Operation(client, done));
        }
    }

    private async Task<KvOperation> WriteAsync(KvOperation asked, string key, CancellationToken abort)
    {
        var deadline = asked.CalledAt + (long)options.RequestPatience.TotalNanoseconds;
        while (Monotonic.Nanoseconds < deadline)
        {
            if (await AskAllAsync(asked, key, abort) is { } answered)
            {
                var now = Monotonic.Nanoseconds;
                lock (_lock) _acks.Add(now);
                return answered with { ReturnedAt = now };
            }

            await Task.Delay(Pause, abort);
        }

        return asked;
    }

    /// <summary>The first answer of any node, or null if every attempt ended without one.</summary>
    private async Task<KvOperation?> AskAllAsync(KvOperation asked, string key, CancellationToken abort)
    {
        var first = _preferred;
        var attempts = new List<Task<(int Node, KvOperation? Answer)>> { AttemptAsync(first, asked, key, abort) };
        var hedge = Task.Delay(HedgeAfter, abort);
        var areAllAsked = false;
        while (attempts.Count > 0)
        {
            Task ended = areAllAsked ? await Task.WhenAny(attempts) : await Task.WhenAny([.. attempts, hedge]);
            if (ended is Task<(int Node, KvOperation? Answer)> attempt)
            {
                attempts.Remove(attempt);
                var (node, answer) = await attempt;
                if (answer is not null)
                {
                    // The other attempts end by themselves: the key makes them harmless.
                    _preferred = node;
                    return answer;
                }
            }

            abort.ThrowIfCancellationRequested();
            if (areAllAsked) continue;
            areAllAsked = true;
            for (var node = 0; node < gateway.Nodes; node++)
                if (node != first) attempts.Add(AttemptAsync(node, asked, key, abort));
        }

        return null;
    }

    private async Task<(int Node, KvOperation? Answer)> AttemptAsync(
        int node, KvOperation asked, string key, CancellationToken abort) =>
        (node, await gateway.TryAsync(node, asked, key, abort));
}
