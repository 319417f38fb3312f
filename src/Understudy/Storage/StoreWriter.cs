using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Storage;

/// <summary>
/// One file's writing thread. It puts all that is queued into one transaction, so that writes which come while the
/// disk flushes share the next flush. The first error ends it, and is told once.
/// </summary>
internal sealed class StoreWriter : IDisposable
{
    /// <summary>No more than about this much goes into one transaction.</summary>
    private const long BatchBytes = 16 << 20;

    /// <summary>A disk that is this far behind will not catch up: the node ends, and a peer takes over.</summary>
    private const long QueueBytes = 1L << 30;

    private readonly StoreDatabase _database;
    private readonly StoreFile _file;
    private readonly Action<StoreFile, long> _flushed;
    private readonly Action<Exception> _failed;
    private readonly Lock _turn = new();
    private readonly Lock _queueLock = new();
    private readonly Queue<QueuedWrite> _queue = [];
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly List<QueuedWrite> _batch = [];
    private readonly Action _applyBatch;
    private readonly Thread _thread;
    private long _queuedBytes;
    private bool _isStopping;
    private bool _isIdle;
    private volatile Exception? _failure;

    public StoreWriter(
        StoreDatabase database, StoreFile file, Action<StoreFile, long> flushed, Action<Exception> failed)
    {
        _database = database;
        _file = file;
        _flushed = flushed;
        _failed = failed;
        _applyBatch = ApplyBatch;
        _thread = new Thread(Run) { IsBackground = true, Name = $"store {database.Name}" };
        _thread.Start();
    }

    public void Enqueue(long ticket, ImmutableArray<StoreWrite> writes) =>
        Enqueue(new QueuedWrite(ticket, writes, LengthOf(writes), Drained: null));

    /// <summary>Ends when all that was queued before is durable; fails if that failed.</summary>
    public Task DrainAsync()
    {
        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Enqueue(new QueuedWrite(0, [], 0, drained));
        return drained.Task;
    }

    /// <summary>Runs something on the file between two batches.</summary>
    public T InTurn<T>(Func<StoreDatabase, T> work)
    {
        lock (_turn) return work(_database);
    }

    /// <summary>Writes what is queued, then ends the thread and closes the file.</summary>
    public void Dispose()
    {
        lock (_queueLock) _isStopping = true;
        _wake.Set();
        _thread.Join();
        _database.Dispose();
        _wake.Dispose();
    }

    private void Enqueue(QueuedWrite write)
    {
        lock (_queueLock)
        {
            ObjectDisposedException.ThrowIf(_isStopping, this);
            if (_failure is { } failure)
            {
                write.Drained?.SetException(failure);
                return;
            }

            _queue.Enqueue(write);
            _queuedBytes += write.Bytes;
            if (!_isIdle) return;
            _isIdle = false;
        }

        _wake.Set();
    }

    private void Run()
    {
        try
        {
            while (TakeBatch(out var isIdle))
            {
                WriteBatch();
                lock (_turn) _database.CheckpointIfDue(isIdle);
            }
        }
#pragma warning disable CA1031 // Whatever it is, the disk's promise is broken: it is told, and the process ends.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e);
        }
    }

    private bool TakeBatch(out bool isIdle)
    {
        _batch.Clear();
        while (true)
        {
            lock (_queueLock)
            {
                if (_queuedBytes > QueueBytes)
                    throw new StoreUnusableException(
                        $"{_database.Name}: {_queuedBytes >> 20} MB wait for the disk, which is stuck or too slow. "
                        + "Look at the disk, then start the node again.");

                for (long bytes = 0; bytes < BatchBytes && _queue.TryDequeue(out var next); bytes += next.Bytes)
                {
                    _batch.Add(next);
                    _queuedBytes -= next.Bytes;
                }

                isIdle = _queue.Count == 0;
                if (_batch.Count > 0) return true;
                if (_isStopping) return false;
                _isIdle = true;
            }

            _wake.WaitOne();
        }
    }

    private void WriteBatch()
    {
        long bytes = 0;
        long ticket = -1;
        foreach (var write in _batch)
        {
            bytes += write.Bytes;
            if (write.Drained is null) ticket = write.Ticket;
        }

        if (ticket >= 0)
        {
            lock (_turn) _database.Commit(_applyBatch, bytes);
            _flushed(_file, ticket);
        }

        foreach (var write in _batch) write.Drained?.SetResult();
    }

    private void ApplyBatch()
    {
        foreach (var write in _batch) _database.Apply(write.Writes);
    }

    /// <summary>The failure is told before anybody who waits hears of it.</summary>
    private void Fail(Exception e)
    {
        _failed(e);
        lock (_queueLock)
        {
            _failure = e;
            foreach (var write in _batch) write.Drained?.TrySetException(e);
            foreach (var write in _queue) write.Drained?.TrySetException(e);
            _queue.Clear();
        }
    }

    private static long LengthOf(ImmutableArray<StoreWrite> writes)
    {
        long bytes = 0;
        foreach (var write in writes)
        {
            if (write is StoreWrite.PutRecord record) bytes += record.Value.Length;
            if (write is StoreWrite.PutSnapshot put) bytes += put.Snapshot.State.Length;
            if (write is not StoreWrite.AppendEntries append) continue;
            foreach (var entry in append.Entries) bytes += entry.Payload.Length;
        }

        return bytes;
    }

    private readonly record struct QueuedWrite(
        long Ticket, ImmutableArray<StoreWrite> Writes, long Bytes, TaskCompletionSource? Drained);
}
