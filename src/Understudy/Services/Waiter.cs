using System.Threading.Tasks.Sources;

namespace Understudy.Services;

/// <summary>
/// Somebody who waits for a result that the node's loop, or a service's code, has. Told exactly once; goes on on
/// another thread.
/// </summary>
/// <typeparam name="TResult">What is waited for.</typeparam>
internal abstract class Waiter<TResult> : IValueTaskSource<TResult>, IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<TResult> _core;
    private TResult? _result;
    private Exception? _failure;

    /// <summary>To be awaited once.</summary>
    public ValueTask<TResult> Completion => new(this, _core.Version);

    public void Complete(TResult result)
    {
        _result = result;
        GoOn();
    }

    public void Fail(Exception failure)
    {
        _failure = failure;
        GoOn();
    }

    void IThreadPoolWorkItem.Execute() => Tell();

    TResult IValueTaskSource<TResult>.GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            // Of another's token nothing is taken, nor of one who asks too early: then this one still waits.
            if (token == _core.Version && _core.GetStatus(token) != ValueTaskSourceStatus.Pending) WasTold();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<TResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    /// <summary>Has <see cref="Tell"/> called where the waiter may go on.</summary>
    protected virtual void GoOn() => ReadyThread.Shared.Run(this);

    protected virtual void Tell()
    {
        if (_failure is { } failure) _core.SetException(failure);
        else _core.SetResult(_result!);
    }

    /// <summary>The waiter has taken what it was told.</summary>
    protected virtual void WasTold()
    {
    }

    /// <summary>Makes it wait for another result.</summary>
    protected void Reset()
    {
        _core.Reset();
        (_result, _failure) = (default, null);
    }
}
