namespace Understudy.Tests.Collections;

/// <summary>A stream of checkpoints in memory. Commits at once, or when the test says so.</summary>
internal sealed class MemorySink : ICheckpointSink
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource<long>> _held = new();
    private readonly List<ReadOnlyMemory<byte>> _checkpoints = [];
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

    public ValueTask<long> CheckpointAsync(ReadOnlyMemory<byte> checkpoint)
    {
        if (Refusal is not null) throw Refusal;
        if (!IsForgetful) _checkpoints.Add(checkpoint);
        lock (_lock)
        {
            if (!IsHolding) return new(++_committed);
            var held = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            _held.Enqueue(held);
            return new(held.Task);
        }
    }

    public ValueTask ConfirmAsync()
    {
        Interlocked.Increment(ref _confirmations);
        return new(Confirmation);
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
