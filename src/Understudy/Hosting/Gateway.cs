using System.Collections.Concurrent;
using System.Text;
using Understudy.Http;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Hosting;

/// <summary>
/// Hands clients' requests to the node's loop and its answers back. Bounded: more than <see cref="MaxOutstanding"/>
/// are refused at once. What is outstanding when an incarnation ends is sent again to the next: a change without a key
/// is given one here, so that it happens once all the same.
/// </summary>
/// <param name="inbox">The node's loop.</param>
/// <param name="hold">How long a request may wait for its answer.</param>
/// <param name="clock">Measures it.</param>
internal sealed class Gateway(NodeInbox inbox, TimeSpan hold, TimeProvider clock) : IGateway
{
    /// <summary>What begins the names of what is no service for clients; refused at once.</summary>
    private const char OwnName = '~';

    /// <summary>How many requests may wait for their answers.</summary>
    public const int MaxOutstanding = 4096;

    private readonly string _ownKeys = $"~{Guid.NewGuid():n}-";
    private readonly ConcurrentDictionary<long, Outstanding> _outstanding = [];
    private long _lastNumber;
    private int _count;
    private volatile string? _closed;

    /// <summary>How many requests wait for their answers.</summary>
    public int Count => Volatile.Read(ref _count);

    public ValueTask<Reply> SendAsync(
        ServiceName service,
        ReadOnlyMemory<byte> body,
        bool isRead,
        string? idempotencyKey,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (service.Value.StartsWith(OwnName))
            return ValueTask.FromResult(Refuse(ReplyOutcome.UnknownService, $"There is no service \"{service}\"."));
        if (_closed is { } why) return ValueTask.FromResult(Unavailable(why));
        if (Interlocked.Increment(ref _count) > MaxOutstanding)
        {
            Interlocked.Decrement(ref _count);
            return ValueTask.FromResult(Unavailable($"This node holds {MaxOutstanding} requests already. Try again."));
        }

        var number = Interlocked.Increment(ref _lastNumber);
        var key = idempotencyKey ?? (isRead ? null : $"{_ownKeys}{number}");
        var input = new NodeInput.Requested(number, service, body, isRead, key, hold);
        var outstanding = new Outstanding(input, clock.GetTimestamp());
        _outstanding[number] = outstanding;
        if (cancellationToken.CanBeCanceled) Watch(number, outstanding, cancellationToken);
        inbox.Post(input);

        // Closed meanwhile: nobody else may have seen this one.
        if (_closed is { } closed) Answer(number, Unavailable(closed));
        return new ValueTask<Reply>(outstanding.Completion.Task);
    }

    /// <summary>Answers one request; ignored if its client has gone.</summary>
    public void Answer(long number, Reply reply)
    {
        if (Remove(number) is { } outstanding) outstanding.Completion.TrySetResult(reply);
    }

    /// <summary>Sends what is outstanding to the new incarnation, in the order in which it came.</summary>
    public void SendAgain()
    {
        foreach (var outstanding in _outstanding.Values.OrderBy(outstanding => outstanding.Input.Number))
        {
            var input = outstanding.Input;
            var left = hold - clock.GetElapsedTime(outstanding.Since);
            inbox.Post(input with { HoldFor = left > TimeSpan.Zero ? left : TimeSpan.Zero });
        }
    }

    /// <summary>Refuses everything that is outstanding and everything that comes.</summary>
    public void Close(string why)
    {
        _closed = why;
        foreach (var number in _outstanding.Keys) Answer(number, Unavailable(why));
    }

    private void Watch(long number, Outstanding outstanding, CancellationToken cancellationToken)
    {
        var watch = cancellationToken.Register(() =>
        {
            if (Remove(number) is null) return;
            inbox.Post(new NodeInput.RequestAbandoned(number));
            outstanding.Completion.TrySetCanceled(cancellationToken);
        });
        outstanding.Completion.Task.ContinueWith(
            _ => watch.Dispose(),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private Outstanding? Remove(long number)
    {
        if (!_outstanding.TryRemove(number, out var outstanding)) return null;
        Interlocked.Decrement(ref _count);
        return outstanding;
    }

    private static Reply Unavailable(string why) => Refuse(ReplyOutcome.Unavailable, why);

    private static Reply Refuse(ReplyOutcome outcome, string why) =>
        new(outcome, Encoding.UTF8.GetBytes(why), ConfigurationVersion.None, null);

    private sealed record Outstanding(NodeInput.Requested Input, long Since)
    {
        public TaskCompletionSource<Reply> Completion { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
