using System.Collections.Concurrent;
using System.Text;
using System.Threading.Tasks.Sources;
using Understudy.Http;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Services;

namespace Understudy.Hosting;

/// <summary>
/// Hands clients' requests to the node's loop and its answers back. Bounded: more than <see cref="MaxOutstanding"/>
/// are refused at once. What is outstanding when an incarnation ends is sent again to the next, but for a change
/// without a key: sent twice, it might happen twice.
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

    private const string UnknownOutcome =
        "This node began a new incarnation before the answer came. Whether the change was made is not known. "
        + "With an Idempotency-Key it would have been sent again.";

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
        var input = new NodeInput.Requested(number, service, body, isRead, idempotencyKey, hold);
        var outstanding = new Outstanding(input, clock.GetTimestamp());
        _outstanding[number] = outstanding;
        if (cancellationToken.CanBeCanceled) Watch(number, outstanding, cancellationToken);
        inbox.Post(input);

        // Closed meanwhile: nobody else may have seen this one.
        if (_closed is { } closed) Answer(number, Unavailable(closed));
        return outstanding.Completion;
    }

    /// <summary>Answers one request; ignored if its client has gone.</summary>
    public void Answer(long number, Reply reply)
    {
        Remove(number)?.Complete(reply);
    }

    /// <summary>Sends what is outstanding to the new incarnation, in the order in which it came.</summary>
    /// <param name="taken">
    /// What the incarnation before had taken. A change without a key among it may have been made: its client is told.
    /// </param>
    public void SendAgain(IReadOnlySet<long> taken)
    {
        foreach (var outstanding in _outstanding.Values.OrderBy(outstanding => outstanding.Input.Number))
        {
            var input = outstanding.Input;
            if (taken.Contains(input.Number) && input is { IsRead: false, IdempotencyKey: null })
            {
                Answer(input.Number, Unavailable(UnknownOutcome));
                continue;
            }

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

    private void Watch(long number, Outstanding outstanding, CancellationToken cancellationToken) =>
        outstanding.Watch = cancellationToken.UnsafeRegister(
            (_, cancelled) =>
            {
                if (Remove(number) is null) return;
                inbox.Post(new NodeInput.RequestAbandoned(number));
                outstanding.Cancel(cancelled);
            },
            null);

    private Outstanding? Remove(long number)
    {
        if (!_outstanding.TryRemove(number, out var outstanding)) return null;
        Interlocked.Decrement(ref _count);
        return outstanding;
    }

    private static Reply Unavailable(string why) => Refuse(ReplyOutcome.Unavailable, why);

    private static Reply Refuse(ReplyOutcome outcome, string why) =>
        new(outcome, Encoding.UTF8.GetBytes(why), ConfigurationVersion.None, null);

    /// <summary>A request that waits. Completed once, by whoever took it out; its client goes on elsewhere.</summary>
    private sealed class Outstanding(NodeInput.Requested input, long since)
        : IValueTaskSource<Reply>, IThreadPoolWorkItem
    {
        private ManualResetValueTaskSourceCore<Reply> _core;
        private Reply? _reply;
        private Exception? _failure;

        public NodeInput.Requested Input => input;

        public long Since => since;

        public CancellationTokenRegistration Watch { get; set; }

        public ValueTask<Reply> Completion => new(this, _core.Version);

        public void Complete(Reply reply)
        {
            _reply = reply;
            ReadyThread.Shared.Run(this);
        }

        public void Cancel(CancellationToken cancelled)
        {
            _failure = new OperationCanceledException(cancelled);
            ReadyThread.Shared.Run(this);
        }

        void IThreadPoolWorkItem.Execute()
        {
            Watch.Unregister();
            if (_failure is { } failure) _core.SetException(failure);
            else _core.SetResult(_reply!);
        }

        Reply IValueTaskSource<Reply>.GetResult(short token) => _core.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<Reply>.GetStatus(short token) => _core.GetStatus(token);

        void IValueTaskSource<Reply>.OnCompleted(
            Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);
    }
}
