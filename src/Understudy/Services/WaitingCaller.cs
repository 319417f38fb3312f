using System.Threading.Tasks.Sources;

namespace Understudy.Services;

/// <summary>
/// A caller of <c>CheckpointAsync</c>, from the call until it is told that its change is committed. Told exactly once;
/// when it has taken the word it is used for another caller, so a commit allocates nothing for it.
/// </summary>
internal sealed class WaitingCaller : IValueTaskSource<long>, IThreadPoolWorkItem
{
    private const int MostSpare = 1024;

    private static readonly Lock s_gate = new();
    private static readonly Stack<WaitingCaller> s_spare = new();

    private ManualResetValueTaskSourceCore<long> _core;
    private PrimaryContext? _reign;
    private Func<ReadOnlyMemory<byte>>? _make;
    private Exception? _failure;
    private long _number;
    private bool _isScheduled;

    private WaitingCaller()
    {
    }

    /// <summary>The primary whose code it is.</summary>
    public PrimaryContext Reign => _reign!;

    /// <summary>Completes with the number of its checkpoint. To be awaited once.</summary>
    public ValueTask<long> Committed => new(this, _core.Version);

    /// <param name="reign">The primary whose code it is.</param>
    /// <param name="make">Makes its change; null if that has been made.</param>
    /// <param name="scheduler">
    /// Where the service's code runs if not on the thread pool; then the caller has captured it and goes on there.
    /// </param>
    public static WaitingCaller Of(
        PrimaryContext reign, Func<ReadOnlyMemory<byte>>? make, TaskScheduler? scheduler)
    {
        WaitingCaller? caller;
        lock (s_gate) s_spare.TryPop(out caller);
        caller ??= new WaitingCaller();
        (caller._reign, caller._make, caller._isScheduled) = (reign, make, scheduler is not null);
        return caller;
    }

    /// <summary>Changes the state.</summary>
    public ReadOnlyMemory<byte> Make() => _make!();

    /// <summary>Its change is committed. It goes on on another thread, or where the service's code runs.</summary>
    public void Complete(long number)
    {
        _number = number;
        GoOn();
    }

    /// <summary>Its change was not made, or it is not known whether it is committed.</summary>
    public void Fail(Exception failure)
    {
        _failure = failure;
        GoOn();
    }

    void IThreadPoolWorkItem.Execute() => Tell();

    private void GoOn()
    {
        if (_isScheduled) Tell();
        else ReadyThread.Shared.Run(this);
    }

    private void Tell()
    {
        if (_failure is { } failure) _core.SetException(failure);
        else _core.SetResult(_number);
    }

    long IValueTaskSource<long>.GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            // Of another's token nothing is taken: then the call above has thrown, and this one still waits.
            if (token == _core.Version) PutBack();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<long>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<long>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void PutBack()
    {
        if (_core.GetStatus(_core.Version) == ValueTaskSourceStatus.Pending) return; // It was asked too early.
        _core.Reset();
        (_reign, _make, _failure) = (null, null, null);
        lock (s_gate)
        {
            if (s_spare.Count < MostSpare) s_spare.Push(this);
        }
    }
}
