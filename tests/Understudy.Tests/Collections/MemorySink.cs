namespace Understudy.Tests.Collections;

/// <summary>A stream of checkpoints in memory. Commits at once, or when the test says so.</summary>
internal sealed class MemorySink : ICheckpointSink
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource<long>> _held = new();
    private readonly List<ReadOnlyMemory<byte>> _checkpoints = [];
    private Task _last = Task.CompletedTask;
    private long _committed;
    private int _confirmations;

    /// <summary>Whether checkpoints wait for <see cref="Commit"/>.</summary>
    public bool IsHolding { get; set; }

    /// <summary>Whether no checkpoint is kept.</summary>
    public bool IsForgetful { get; init; }

    /// <summary>What the next checkpoint is refused with.</summary>
    public Exception? Refusal { get; set; }

    /// <summary>What a read waits for.</summary>
    public Task Confirmation { get; set; } = Task.CompletedTask;

    public int Confirmations => _confirmations;

    /// <summary>How many wait for <see cref="Commit"/>.</summary>
    public int Held
    {
        get { lock (_lock) return _held.Count; }
    }

    public IReadOnlyList<ReadOnlyMemory<byte>> Checkpoints => _checkpoints;

    public ValueTask<long> CheckpointAsync(Func<ReadOnlyMemory<byte>> change)
    {
        if (Refusal is not null) return ValueTask.FromException<long>(Refusal);
        lock (_lock)
        {
            var checkpoint = change();
            if (checkpoint.IsEmpty) return new(_committed);
            if (!IsForgetful) _checkpoints.Add(checkpoint);
            if (!IsHolding) return new(++_committed);
            var held = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            _held.Enqueue(held);
            _last = held.Task;
            return new(held.Task);
        }
    }

    public ValueTask ConfirmAsync()
    {
        Interlocked.Increment(ref _confirmations);
        lock (_lock)
            return Confirmation.IsCompletedSuccessfully && _last.IsCompletedSuccessfully
                ? ValueTask.CompletedTask
                : new(Task.WhenAll(_last, Confirmation));
    }

    /// <summary>Commits the oldest that wait.</summary>
    public void Commit(int count)
    {
        lock (_lock)
            for (; count > 0; count--) _held.Dequeue().SetResult(++_committed);
    }

    /// <summary>Commits nothing that waits.</summary>
    public void Fail(Exception failure)
    {
        lock (_lock)
            while (_held.TryDequeue(out var held)) held.SetException(failure);
    }
}
