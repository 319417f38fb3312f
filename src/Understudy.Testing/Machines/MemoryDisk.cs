using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Testing.Machines;

/// <summary>
/// A node's durable store: what was flushed, and for each file the batches that are not yet. A crash keeps a drawn
/// number of the oldest of these and loses the rest; a batch survives whole or not at all.
/// </summary>
internal sealed class MemoryDisk(DiskId id)
{
    private readonly SortedDictionary<string, ReadOnlyMemory<byte>> _records = new(StringComparer.Ordinal);
    private readonly SortedDictionary<ServiceName, StoredJournal> _journals = [];
    private readonly Queue<NodeEffect.Write>[] _pending = [new(), new()];
    private readonly int[] _inFlush = new int[2];
    private readonly SortedSet<ServiceName> _damaged = [];

    public DiskId Id { get; } = id;

    /// <summary>How often a process was started from this disk; durable before the process is.</summary>
    public ulong BootCounter { get; set; }

    public bool IsIdle => _pending[0].Count == 0 && _pending[1].Count == 0;

    public void Add(NodeEffect.Write write) => _pending[(int)write.File].Enqueue(write);

    /// <summary>Starts a flush of all that waits, unless one runs or nothing waits.</summary>
    public bool TryStartFlush(StoreFile file)
    {
        if (_inFlush[(int)file] > 0 || _pending[(int)file].Count == 0) return false;
        _inFlush[(int)file] = _pending[(int)file].Count;
        return true;
    }

    /// <summary>The running flush is done.</summary>
    /// <returns>The last ticket that is durable now.</returns>
    public long EndFlush(StoreFile file)
    {
        var ticket = 0L;
        for (var i = _inFlush[(int)file]; i > 0; i--)
        {
            var write = _pending[(int)file].Dequeue();
            ApplyBatch(write.Writes);
            ticket = write.Ticket;
        }

        _inFlush[(int)file] = 0;
        return ticket;
    }

    /// <summary>All that waits becomes durable: the process ended in order.</summary>
    public void FlushAll() => Crash(keep: int.MaxValue, keepData: int.MaxValue);

    /// <summary>The process or its machine died.</summary>
    /// <returns>How many batches were lost, and whether a file lost some and kept some.</returns>
    public (int Lost, bool Torn) Crash(SeededRandom random)
    {
        var control = random.Below(_pending[0].Count + 1);
        var data = random.Below(_pending[1].Count + 1);
        return Crash(control, data);
    }

    /// <summary>From now on a start finds the service's record damaged, until it is removed.</summary>
    public void Damage(ServiceName service) => _damaged.Add(service);

    /// <summary>Whether the service's record is damaged, or the disk still says that its copy is void.</summary>
    public bool IsDamaged(ServiceName service) => _damaged.Contains(service)
        || (_records.TryGetValue(StoredNode.VoidKey(service), out var mark) && !mark.IsEmpty);

    /// <summary>What a process finds that starts now; what is damaged is marked before it says anything.</summary>
    public StoredNode Read()
    {
        var replicas = ImmutableSortedDictionary.CreateBuilder<ServiceName, StoredReplica>();
        foreach (var (service, journal) in _journals)
        {
            if (!_damaged.Contains(service)) replicas.Add(service, journal.Read());
        }

        foreach (var service in _damaged) _records[StoredNode.VoidKey(service)] = "damaged"u8.ToArray();
        return new StoredNode(Id, _records.ToImmutableSortedDictionary(StringComparer.Ordinal), replicas.ToImmutable());
    }

    private (int Lost, bool Torn) Crash(int keep, int keepData)
    {
        var lost = 0;
        var torn = false;
        for (var file = 0; file < 2; file++)
        {
            var kept = Math.Min(file == 0 ? keep : keepData, _pending[file].Count);
            for (var i = 0; i < kept; i++) ApplyBatch(_pending[file].Dequeue().Writes);
            torn |= kept > 0 && _pending[file].Count > 0;
            lost += _pending[file].Count;
            _pending[file].Clear();
            _inFlush[file] = 0;
        }

        return (lost, torn);
    }

    private void ApplyBatch(ImmutableArray<StoreWrite> writes)
    {
        foreach (var write in writes) Apply(write);
    }

    private void Apply(StoreWrite write)
    {
        switch (write)
        {
            case StoreWrite.PutRecord put: _records[put.Key] = put.Value; break;
            case StoreWrite.AppendEntries append: JournalOf(append.Service).Append(append.Entries); break;
            case StoreWrite.TruncateAfter truncate: JournalOf(truncate.Service).TruncateAfter(truncate.Sequence); break;
            case StoreWrite.PutSnapshot put: JournalOf(put.Service).Put(put.Snapshot); break;
            case StoreWrite.RemoveReplica remove:
                _journals.Remove(remove.Service);
                _damaged.Remove(remove.Service);
                break;
            default: throw new System.Diagnostics.UnreachableException($"Unknown write {write}.");
        }
    }

    private StoredJournal JournalOf(ServiceName service)
    {
        if (!_journals.TryGetValue(service, out var journal)) _journals.Add(service, journal = new StoredJournal());
        return journal;
    }

    /// <summary>A snapshot and the entries after it.</summary>
    private sealed class StoredJournal
    {
        private readonly SortedDictionary<long, LogEntry> _entries = [];
        private Snapshot? _snapshot;

        public void Append(ImmutableArray<LogEntry> entries)
        {
            foreach (var entry in entries) _entries[entry.Sequence] = entry;
        }

        public void TruncateAfter(long sequence) => RemoveWhere(number => number > sequence);

        public void Put(Snapshot snapshot)
        {
            _snapshot = snapshot;
            RemoveWhere(number => number <= snapshot.Sequence);
        }

        public StoredReplica Read() => new(_snapshot, [.. _entries.Values]);

        private void RemoveWhere(Predicate<long> isGone)
        {
            List<long> gone = [];
            foreach (var number in _entries.Keys)
            {
                if (isGone(number)) gone.Add(number);
            }

            foreach (var number in gone) _entries.Remove(number);
        }
    }
}
