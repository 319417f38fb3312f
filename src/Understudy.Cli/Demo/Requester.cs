using Understudy.Verification;

namespace Understudy.Cli.Demo;

/// <summary>
/// Asks one thing of the cluster until it is answered: the node that answered last, then the others in turn, always
/// with the same idempotency key.
/// </summary>
internal sealed class Requester(int client, KvGateway gateway, History history, DemoOptions options)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private readonly string _run = Guid.NewGuid().ToString("N")[..8];
    private int _node = client % gateway.Nodes;
    private int _number;

    /// <summary>The operation with its outcome, as it stands in the history now.</summary>
    public async Task<KvOperation> AskAsync(KvOperation asked, CancellationToken cancellationToken)
    {
        asked = asked with { CalledAt = Monotonic.Nanoseconds };
        var isRead = asked.Kind == KvOperationKind.Get;
        var key = isRead ? null : $"{_run}-{client}-{_number++}";
        var deadline = asked.CalledAt + (long)options.RequestPatience.TotalNanoseconds;
        while (Monotonic.Nanoseconds < deadline)
        {
            if (await gateway.TryAsync(_node, asked, key, cancellationToken) is { } answered)
                return Record(answered with { ReturnedAt = Monotonic.Nanoseconds });
            _node = (_node + 1) % gateway.Nodes;
            await Task.Delay(Pause, cancellationToken);
        }

        // A read without an answer says nothing; a write may still take effect.
        return isRead ? asked : Record(asked);
    }

    private KvOperation Record(KvOperation done)
    {
        history.Add(new Operation(client, done));
        return done;
    }
}
