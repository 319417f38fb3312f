using System.Runtime.CompilerServices;

namespace Understudy;

/// <summary>
/// The time in which this node is primary: where its checkpoints go, how many it has executed and how many of them are
/// committed. Thread-safe.
/// </summary>
internal sealed class PrimaryTerm(ICheckpointSink sink)
{
    private readonly Lock _lock = new();
    private readonly Queue<(long Position, TaskCompletionSource Reached)> _waiting = new();
    private long _executed;
    private long _committed;
    private Exception? _failure;

    /// <summary>How many transactions with changes were executed. Written under the state's lock.</summary>
    public long Executed => Volatile.Read(ref _executed);

    /// <summary>Why a change could not be committed; null if none has failed.</summary>
    public Exception? Failure
    {
        get { lock (_lock) return _failure; }
    }

    public bool HasUncommitted
    {
        get { lock (_lock) return _committed < _executed; }
    }

    /// <summary>Gives the checkpoint to the stream.</summary>
    /// <returns>What completes when it is committed.</returns>
    public ValueTask<long> Hand(ReadOnlyMemory<byte> checkpoint)
    {
        var commit = sink.CheckpointAsync(checkpoint);
        Volatile.Write(ref _executed, _executed + 1);
        return commit;
    }

    /// <summary>Waits until the checkpoint is committed. What is cancelled is the waiting, not the commit.</summary>
    public ValueTask CommittedAsync(ValueTask<long> commit, long position, CancellationToken cancellationToken)
    {
        if (commit.IsCompletedSuccessfully)
        {
            _ = commit.Result;
            Reach(position);
            return ValueTask.CompletedTask;
        }

        var reached = ReachAsync(commit, position);
        return cancellationToken.CanBeCanceled && !reached.IsCompleted
            ? new ValueTask(reached.AsTask().WaitAsync(cancellationToken))
            : reached;
    }

    /// <summary>
    /// Waits until what was executed up to a position is committed, and until this node is certain to have been
    /// primary after the call.
    /// </summary>
    public async ValueTask ConfirmedAsync(long position, CancellationToken cancellationToken)
    {
        var confirmed = sink.ConfirmAsync();
        if (confirmed.IsCompletedSuccessfully) confirmed.GetAwaiter().GetResult();
        else await confirmed.AsTask().WaitAsync(cancellationToken);
        await CommittedUpToAsync(position).WaitAsync(cancellationToken);
    }

    /// <summary>Completes when the first so many transactions are committed.</summary>
    public Task CommittedUpToAsync(long position)
    {
        lock (_lock)
        {
            if (_committed >= position) return Task.CompletedTask;
            if (_failure is not null) return Task.FromException(_failure);
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((position, reached));
            return reached.Task;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReachAsync(ValueTask<long> commit, long position)
    {
        try
        {
            await commit;
        }
        catch (Exception e)
        {
            Fail(e);
            throw;
        }

        Reach(position);
    }

    // The sink completes in order, but what continues after it may run in any order. A committed checkpoint has all
    // before it committed, too.
    private void Reach(long position)
    {
        lock (_lock)
        {
            _committed = Math.Max(_committed, position);
            // The queue is not sorted: a reader may have looked before another and asked after it.
            for (var count = _waiting.Count; count > 0; count--)
            {
                var waiting = _waiting.Dequeue();
                if (waiting.Position <= _committed) waiting.Reached.SetResult();
                else _waiting.Enqueue(waiting);
            }
        }
    }

    private void Fail(Exception failure)
    {
        lock (_lock)
        {
            _failure ??= failure;
            while (_waiting.TryDequeue(out var waiting)) waiting.Reached.SetException(failure);
        }
    }
}
