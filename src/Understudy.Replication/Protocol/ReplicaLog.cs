using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>A service's checkpoints after a base position, in order and without gaps. Arithmetic only.</summary>
public sealed class ReplicaLog
{
    private readonly List<LogEntry> _entries = [];

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
    public long SizeBytes { get; private set; }

    public LogEntry this[long sequence] => _entries[checked((int)(sequence - BaseSequence - 1))];

    /// <summary>The version of an entry that is still known, the base included.</summary>
    public ConfigurationVersion VersionAt(long sequence) =>
        sequence == BaseSequence ? BaseVersion : this[sequence].Version;

    public bool Knows(long sequence) => sequence >= BaseSequence && sequence <= LastSequence;

    public void Append(LogEntry entry)
    {
        Invariant.Holds(entry.Sequence == LastSequence + 1, "NothingLost: the log has no gaps");
        Invariant.Holds(entry.Version >= LastVersion, "FreshestWins: versions in a log only grow");
        _entries.Add(entry);
        SizeBytes += entry.Payload.Length;
    }

    public void TruncateAfter(long sequence)
    {
        while (LastSequence > sequence)
        {
            SizeBytes -= _entries[^1].Payload.Length;
            _entries.RemoveAt(_entries.Count - 1);
        }
    }

    /// <summary>Drops the entries that a snapshot at this position stands for.</summary>
    public void CompactTo(long sequence)
    {
        if (sequence <= BaseSequence) return;
        var version = VersionAt(sequence);
        var count = checked((int)(sequence - BaseSequence));
        for (var i = 0; i < count; i++) SizeBytes -= _entries[i].Payload.Length;
        _entries.RemoveRange(0, count);
        BaseSequence = sequence;
        BaseVersion = version;
    }

    public void Reset(long baseSequence, ConfigurationVersion baseVersion)
    {
        _entries.Clear();
        SizeBytes = 0;
        BaseSequence = baseSequence;
        BaseVersion = baseVersion;
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
}
