using Understudy.Kernel;

namespace Understudy.Storage;

/// <summary>
/// What a service's journal spans: the snapshot's number and the last entry's. Entries are numbered without a gap from
/// the one after the snapshot on; a write that would make a gap is a broken promise of the replica.
/// </summary>
/// <param name="service">Whose journal it is.</param>
/// <param name="id">Its number inside the file.</param>
/// <param name="name">The service's name in UTF-8.</param>
internal sealed class ReplicaBounds(ServiceName service, long id, byte[] name)
{
    private long _snapshot;
    private long _last;

    public long Id { get; } = id;

    public byte[] Name { get; } = name;

    /// <summary>Takes over what was found on disk.</summary>
    public void Found(long snapshot, long lastEntry)
    {
        _snapshot = snapshot;
        _last = Math.Max(snapshot, lastEntry);
    }

    public void Append(long sequence)
    {
        Invariant.Holds(
            sequence == _last + 1,
            $"NothingLost: checkpoint {sequence} of {service} was to be journalled after checkpoint {_last}.");
        _last = sequence;
    }

    public void TruncateAfter(long sequence) => _last = Math.Max(_snapshot, Math.Min(_last, sequence));

    public void PutSnapshot(long sequence)
    {
        var hasEntries = _last > _snapshot;
        Invariant.Holds(
            sequence >= _snapshot || !hasEntries,
            $"NothingLost: a snapshot of {service} at checkpoint {sequence} was to replace the one at {_snapshot}"
            + $" while its journal goes on to {_last}.");
        _last = hasEntries ? Math.Max(_last, sequence) : sequence;
        _snapshot = sequence;
    }
}
