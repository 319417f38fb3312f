using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>A service's checkpoints after a base position, in order and without gaps. Arithmetic only.</summary>
public sealed class ReplicaLog
{
    private readonly List<LogEntry> _entries = [];
    private readonly List<long> _ends = [];
    private long _dropped;

    public ReplicaLog(long baseSequence, ConfigurationVersion baseVersion, IEnumerable<LogEntry> entries)
    {
        BaseSequence = baseSequence;
        BaseVersion = baseVersion;
        foreach (var entry in entries) Append(entry);
    }

    /// <summary>The last entry that a snapshot stands for; 0 before the first.</summary>
    public long BaseSequence { get; private set; }

    public ConfigurationVersion BaseVersion { get; private set; }

    public long LastSequence => BaseSequence + _entries.Count;

    public ConfigurationVersion LastVersion => _entries.Count > 0 ? _entries[^1].Version : BaseVersion;

    /// <summary>The bytes of all entries' payloads.</summary>
    public long SizeBytes => End(LastSequence) - _dropped;

    public LogEntry this[long sequence] => _entries[checked((int)(sequence - BaseSequence - 1))];

    /// <summary>The version of an entry that is still known, the base included.</summary>
    public ConfigurationVersion VersionAt(long sequence) =>
        sequence == BaseSequence ? BaseVersion : this[sequence].Version;

    public bool Knows(long sequence) => sequence >= BaseSequence && sequence <= LastSequence;

    public void Append(LogEntry entry)
    {
        Invariant.Holds(entry.Sequence == LastSequence + 1, "NothingLost: the log has no gaps");
        Invariant.Holds(entry.Version >= LastVersion, "FreshestWins: versions in a log only grow");
        _ends.Add(End(LastSequence) + entry.Payload.Length);
        _entries.Add(entry);
    }

    public void TruncateAfter(long sequence)
    {
        var kept = checked((int)Math.Max(0, sequence - BaseSequence));
        if (kept >= _entries.Count) return;
        _entries.RemoveRange(kept, _entries.Count - kept);
        _ends.RemoveRange(kept, _ends.Count - kept);
    }

    /// <summary>Drops the entries that a snapshot at this position stands for.</summary>
    public void CompactTo(long sequence)
    {
        if (sequence <= BaseSequence) return;
        var version = VersionAt(sequence);
        var count = checked((int)(sequence - BaseSequence));
        _dropped = End(sequence);
        _entries.RemoveRange(0, count);
        _ends.RemoveRange(0, count);
        BaseSequence = sequence;
        BaseVersion = version;
    }

    public void Reset(long baseSequence, ConfigurationVersion baseVersion)
    {
        _entries.Clear();
        _ends.Clear();
        _dropped = 0;
        BaseSequence = baseSequence;
        BaseVersion = baseVersion;
    }

    /// <summary>The bytes of the payloads after a position up to another; below the base there are none.</summary>
    public long BytesBetween(long after, long last) => Math.Max(0, End(last) - End(after));

    /// <summary>
    /// The last entry after a position such that those between are at most so many and have at most so many bytes; one
    /// entry always fits.
    /// </summary>
    public long Reach(long after, int most, long mostBytes)
    {
        var from = Math.Max(after, BaseSequence);
        var last = LastSequence - from <= most ? LastSequence : from + most;
        if (BytesBetween(from, last) <= mostBytes) return last;
        var (low, high) = (from + 1, last);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (BytesBetween(from, middle) <= mostBytes) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    /// <summary>
    /// Entries from a number on, up to so many and about so many bytes; at least one if there is one.
    /// </summary>
    public ImmutableArray<LogEntry> From(long sequence, int most, int mostBytes)
    {
        var result = ImmutableArray.CreateBuilder<LogEntry>();
        var bytes = 0;
        for (var next = sequence; next <= LastSequence && result.Count < most; next++)
        {
            var entry = this[next];
            bytes += entry.Payload.Length;
            if (result.Count > 0 && bytes > mostBytes) break;
            result.Add(entry);
        }

        return result.ToImmutable();
    }

    /// <summary>The bytes of all payloads up to and with an entry, since the log began.</summary>
    private long End(long sequence) =>
        sequence <= BaseSequence ? _dropped : _ends[checked((int)(sequence - BaseSequence - 1))];
}
