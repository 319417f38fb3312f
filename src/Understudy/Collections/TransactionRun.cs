using System.Runtime.ExceptionServices;
using Microsoft.Extensions.ObjectPool;

namespace Understudy;

/// <summary>One call of a transaction's function, as the sink runs it. Used again and again.</summary>
internal sealed class TransactionRun<TArgument, TResult>
{
    // As many as may wait for a commit in a busy service; more are made and dropped.
    private const int MostKept = 1024;

    private static readonly DefaultObjectPool<TransactionRun<TArgument, TResult>> _idle =
        new(new DefaultPooledObjectPolicy<TransactionRun<TArgument, TResult>>(), MostKept);

    private ReplicatedState _state = null!;
    private TArgument _argument = default!;
    private Func<ReplicatedTransaction, TArgument, TResult> _change = null!;
    private CancellationToken _cancellationToken;
    private TResult _result = default!;
    private ExceptionDispatchInfo? _failure;

    public TransactionRun() => Make = Run;

    /// <summary>What the sink runs.</summary>
    public Func<ReadOnlyMemory<byte>> Make { get; }

    /// <summary>Whether it made a checkpoint.</summary>
    public bool HasChanged { get; private set; }

    public static TransactionRun<TArgument, TResult> Of(
        ReplicatedState state,
        TArgument argument,
        Func<ReplicatedTransaction, TArgument, TResult> change,
        CancellationToken cancellationToken)
    {
        var run = _idle.Get();
        (run._state, run._argument, run._change) = (state, argument, change);
        run._cancellationToken = cancellationToken;
        return run;
    }

    /// <summary>What the function returned or threw. Only when the sink will never run it any more.</summary>
    public TResult End()
    {
        var (result, failure) = (_result, _failure);
        (_state, _argument, _change) = (null!, default!, null!);
        (_cancellationToken, _result, _failure, HasChanged) = (default, default!, null, false);
        _idle.Return(this);
        failure?.Throw();
        return result;
    }

    private ReadOnlyMemory<byte> Run()
    {
        try
        {
            _cancellationToken.ThrowIfCancellationRequested();
            _result = _state.Execute(_argument, _change, out var checkpoint);
            HasChanged = !checkpoint.IsEmpty;
            return checkpoint;
        }
        catch (Exception e)
        {
            // The caller's, not the sink's: nothing has changed.
            _failure = ExceptionDispatchInfo.Capture(e);
            return default;
        }
    }
}
