using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Understudy.Kernel;

namespace Understudy.Storage;

/// <summary>What reads rows, and believes none whose checksum is wrong.</summary>
internal sealed partial class StoreDatabase
{
    private SortedDictionary<ServiceName, string>? _damaged;

    /// <summary>The value, or null if it was never set.</summary>
    public byte[]? ReadMeta(string key) => Guarded(() =>
    {
        byte[]? value = null;
        var name = System.Text.Encoding.UTF8.GetBytes(key);
        _statements.ReadMeta.BindText(name);
        while (_statements.ReadMeta.Read())
            value = Checked(_statements.ReadMeta, 0, StoreTable.Meta, name, version: 0, sequence: 0);
        return value;
    });

    public ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> ReadRecords() => Guarded(() =>
    {
        var records = ImmutableSortedDictionary.CreateBuilder<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        var rows = _statements.ReadRecords;
        while (rows.Read())
        {
            var name = rows.Bytes(0);
            records[Text(name)] = Checked(rows, 1, StoreTable.Record, name, version: 0, sequence: 0);
        }

        return records.ToImmutable();
    });

    /// <summary>Adds this file's replicas; a service that is in both files is refused.</summary>
    /// <param name="replicas">What is added to.</param>
    /// <param name="damaged">
    /// Is told which service's replica is damaged, and where: then it is not added. Without it, damage is refused.
    /// </param>
    public void ReadReplicas(
        ImmutableSortedDictionary<ServiceName, StoredReplica>.Builder replicas,
        SortedDictionary<ServiceName, string>? damaged = null) => Guarded(() =>
    {
        _damaged = damaged;
        var snapshots = ReadSnapshots();
        var journals = ReadJournals();
        foreach (var service in _replicas.Keys)
        {
            if (damaged?.ContainsKey(service) ?? false) continue;
            var snapshot = snapshots.GetValueOrDefault(service);
            ImmutableArray<LogEntry> entries =
                journals.TryGetValue(service, out var journal) ? [.. journal] : [];
            CheckThatNothingIsMissing(service, snapshot, entries);
            if (damaged?.ContainsKey(service) ?? false) continue;
            if (!replicas.TryAdd(service, new StoredReplica(snapshot, entries)))
                throw StoreUnusableException.Damaged(Name, $"service {service} is in both files of the node");
        }

        return true;
    });

    private Dictionary<ServiceName, Snapshot> ReadSnapshots()
    {
        Dictionary<ServiceName, Snapshot> snapshots = [];
        var rows = _statements.ReadSnapshots;
        while (rows.Read())
        {
            var name = ServiceOf(rows, StoreTable.Snapshot);
            var (version, sequence) = (rows.Int64(2), rows.Int64(3));
            var state = Checked(rows, 1, StoreTable.Snapshot, name, version, sequence);
            snapshots.Add(
                new ServiceName(Text(name)), new Snapshot(new ConfigurationVersion(version), sequence, state));
        }

        return snapshots;
    }

    private Dictionary<ServiceName, List<LogEntry>> ReadJournals()
    {
        Dictionary<ServiceName, List<LogEntry>> journals = [];
        List<LogEntry> entries = [];
        byte[] current = [];
        var rows = _statements.ReadJournal;
        while (rows.Read())
        {
            var name = ServiceOf(rows, StoreTable.Journal);
            if (!name.SequenceEqual(current))
            {
                current = name.ToArray();
                journals.Add(new ServiceName(Text(name)), entries = []);
            }

            var (version, sequence) = (rows.Int64(2), rows.Int64(3));
            var payload = Checked(rows, 1, StoreTable.Journal, name, version, sequence);
            entries.Add(new LogEntry(new ConfigurationVersion(version), sequence, payload));
        }

        return journals;
    }

    private void ReadBounds()
    {
        var rows = _statements.ReadReplicas;
        while (rows.Read())
        {
            var name = rows.Bytes(1).ToArray();
            var service = new ServiceName(Text(name));
            var bounds = new ReplicaBounds(service, rows.Int64(0), name);
            bounds.Found(rows.Int64(2), rows.Int64(3));
            // What is damaged is healed by its service's name, so the name itself must be beyond doubt.
            if (rows.Int64(4) != _checksum.Of(StoreTable.Replica, name, 0, bounds.Id, []))
                throw StoreUnusableException.Damaged(
                    Name, $"table Replica, service \"{service}\": the checksum does not match its bytes");
            _replicas.Add(service, bounds);
            _lastReplicaId = Math.Max(_lastReplicaId, bounds.Id);
        }
    }

    private ReadOnlySpan<byte> ServiceOf(Statement rows, StoreTable table)
    {
        if (!rows.IsNull(0)) return rows.Bytes(0);

        throw StoreUnusableException.Damaged(
            Name, $"table {table} has a row (checkpoint {rows.Int64(3)}) of no service");
    }

    /// <summary>Copies the row's content. Format, content and checksum stand at fixed places of every query.</summary>
    private byte[] Checked(
        Statement row, int formatColumn, StoreTable table, ReadOnlySpan<byte> name, long version, long sequence)
    {
        var hasPosition = table is StoreTable.Snapshot or StoreTable.Journal;
        var contentColumn = formatColumn + (hasPosition ? 3 : 1);
        var content = row.Bytes(contentColumn).ToArray();
        var format = row.Int64(formatColumn);
        if (format == StoreFormat.Row
            && row.Int64(contentColumn + 1) == _checksum.Of(table, name, version, sequence, content))
            return content;

        if (format == StoreFormat.Row && hasPosition && TryNote(table, name, version, sequence, content, row))
            return content;

        var what = hasPosition
            ? string.Create(CultureInfo.InvariantCulture, $"service \"{Text(name)}\", checkpoint {sequence}")
            : $"key \"{Text(name)}\"";
        throw format == StoreFormat.Row
            ? StoreUnusableException.Damaged(Name, $"table {table}, {what}: the checksum does not match its bytes")
            : StoreUnusableException.Damaged(
                Name, $"table {table}, {what}: it has format {format}, and only format {StoreFormat.Row} is known");
    }

    // The journal's tail may be torn by a power loss: SQLite then drops whole unflushed transactions from the end, and
    // the rest is a journal like any other. A hole in the middle can only be damage.
    private void CheckThatNothingIsMissing(ServiceName service, Snapshot? snapshot, ImmutableArray<LogEntry> entries)
    {
        var expected = (snapshot?.Sequence ?? 0) + 1;
        foreach (var entry in entries)
        {
            if (entry.Sequence != expected)
            {
                var what = $"checkpoint {expected} is missing before {entry.Sequence}";
                if (_damaged?.TryAdd(service, $"{Name}, table Journal: {what}") ?? false) return;
                throw StoreUnusableException.Damaged(Name, $"table Journal, service \"{service}\": {what}");
            }

            expected++;
        }
    }

    /// <summary>
    /// A row whose bytes are damaged condemns its own service's replica only, unless it is another's row under a wrong
    /// number: that one may have lost its last entry, and nothing would show it.
    /// </summary>
    private bool TryNote(
        StoreTable table,
        ReadOnlySpan<byte> name,
        long version,
        long sequence,
        ReadOnlySpan<byte> content,
        Statement row)
    {
        if (_damaged is null) return false;
        var checksum = row.Int64(5);
        foreach (var other in _replicas.Values)
        {
            if (checksum == _checksum.Of(table, other.Name, version, sequence, content)) return false;
        }

        _damaged.TryAdd(
            new ServiceName(Text(name)),
            $"{Name}, table {table}, checkpoint {sequence}: the checksum does not match its bytes");
        return true;
    }

    private T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SqliteException e)
        {
            throw StoreUnusableException.Of(_path, e);
        }
    }
}
