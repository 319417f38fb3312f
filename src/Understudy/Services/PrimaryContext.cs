using Understudy.Kernel;
using Understudy.Web;

namespace Understudy.Services;

/// <summary>One reign of a service's primary: who waits for what, and how much is not committed yet.</summary>
#pragma warning disable CA1001 // Its source has no timer and no linked token: there is nothing to dispose of.
internal sealed class PrimaryContext(
    ServiceExecutor executor, ServiceName service, long assignment, FencingToken token, long sequence)
    : IPrimaryContext
#pragma warning restore CA1001
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _demoted = new();
    private readonly Queue<(long Sequence, int Bytes, WaitingCaller? Caller)> _offered = new();
    private readonly Dictionary<long, TaskCompletionSource> _confirmations = [];
    private long _released = sequence;
    private long _bytes;
    private long _lastToken;
    private bool _isShared;
    private bool _hasEnded;

    public string ServiceName => service.Value;

    public long Assignment => assignment;

    public FencingToken FencingToken => token;

    public CancellationToken Demoted => _demoted.Token;

    /// <summary>Whether so much waits to be committed that no more is to be offered now.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate)
            {
                return !_hasEnded && (_offered.Count >= ServiceExecutor.MostUncommitted ||
                    _bytes >= ServiceExecutor.MostUncommittedBytes);
            }
        }
    }

    /// <summary>Whether nothing waits to be committed, and no two callers were told by the same word.</summary>
    public bool IsQuiet
    {
        get
        {
            lock (_gate) return _offered.Count == 0 && !_isShared;
        }
    }

    public ValueTask<long> CheckpointAsync(Func<ReadOnlyMemory<byte>> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (RequestTurn.Of(ServiceName) is { } turn)
        {
            turn.Change(change, mayBeOneOfSeveral: false);
            return default;
        }

        var caller = WaitingCaller.Of(this, change, executor.Scheduler);
        var committed = caller.Completion;
        executor.Make(caller);
        return committed;
    }

    public ValueTask<long> CheckpointAsync(ReadOnlyMemory<byte> checkpoint)
    {
        var caller = WaitingCaller.Of(this, make: null, executor.Scheduler);
        var committed = caller.Completion;
        executor.OfferInTurn(this, checkpoint, caller);
        return committed;
    }

    public ValueTask ConfirmAsync()
    {
        if (RequestTurn.Of(ServiceName) is not null) return default; // The request's answer is confirmed as a whole.
        var caller = new TaskCompletionSource(executor.Completion);
        long number;
        lock (_gate)
        {
            if (_hasEnded) return ValueTask.FromException(new NotPrimaryException(ServiceName));
            number = ++_lastToken;
            _confirmations.Add(number, caller);
        }

        executor.Enqueue(new ServiceExecutor.Confirm(this, number));
        return new ValueTask(caller.Task);
    }

    /// <summary>A checkpoint is about to be offered; its caller, if any, waits for it to be committed.</summary>
    public void Offer(long number, int bytes, WaitingCaller? caller)
    {
        lock (_gate)
        {
            if (!_hasEnded)
            {
                _offered.Enqueue((number, bytes, caller));
                _bytes += bytes;
                return;
            }
        }

        caller?.Fail(new NotPrimaryException(ServiceName));
    }

    public void NoteReleased(long number)
    {
        lock (_gate)
        {
            if (number <= _released) return;
            _released = number;
            _isShared = _offered.TryPeek(out var oldest) && oldest.Sequence < number;
            while (_offered.TryPeek(out var first) && first.Sequence <= number)
            {
                _offered.Dequeue();
                _bytes -= first.Bytes;
                first.Caller?.Complete(first.Sequence);
            }
        }
    }

    public void NoteConfirmed(long number)
    {
        TaskCompletionSource? caller;
        lock (_gate) _confirmations.Remove(number, out caller);
        caller?.TrySetResult();
    }

    /// <summary>
    /// The reign is over. Runs nobody's code here: callbacks of the token and continuations run on other threads.
    /// </summary>
    public void End()
    {
        lock (_gate)
        {
            if (_hasEnded) return;
            _hasEnded = true;
            foreach (var (_, _, caller) in _offered) caller?.Fail(new NotPrimaryException(ServiceName));
            foreach (var caller in _confirmations.Values) caller.TrySetException(new NotPrimaryException(ServiceName));
            _offered.Clear();
            _confirmations.Clear();
        }

        executor.Cancel(_demoted);
    }
}
