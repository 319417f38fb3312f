using Microsoft.Data.Sqlite;

namespace Understudy.Storage;

/// <summary>The statements of one file, prepared once.</summary>
internal sealed class StoreStatements(SqliteConnection connection) : IDisposable
{
    public Statement Begin { get; } = new(connection, "BEGIN IMMEDIATE");

    public Statement Commit { get; } = new(connection, "COMMIT");

    public Statement PutMeta { get; } = new(
        connection, "REPLACE INTO meta(key, format, value, checksum) VALUES(?1, ?2, ?3, ?4)");

    public Statement ReadMeta { get; } = new(connection, "SELECT format, value, checksum FROM meta WHERE key = ?1");

    public Statement PutRecord { get; } = new(
        connection, "REPLACE INTO record(key, format, value, checksum) VALUES(?1, ?2, ?3, ?4)");

    public Statement ReadRecords { get; } = new(connection, "SELECT key, format, value, checksum FROM record");

    public Statement AddReplica { get; } = new(
        connection, "INSERT INTO replica(id, service, checksum) VALUES(?1, ?2, ?3)");

    public Statement RemoveReplica { get; } = new(connection, "DELETE FROM replica WHERE id = ?1");

    public Statement ReadReplicas { get; } = new(connection, """
        SELECT id, service,
            (SELECT sequence FROM snapshot WHERE snapshot.replica = id),
            (SELECT max(sequence) FROM journal WHERE journal.replica = id), checksum
        FROM replica
        """);

    public Statement PutSnapshot { get; } = new(
        connection,
        "REPLACE INTO snapshot(replica, format, version, sequence, state, checksum) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");

    public Statement RemoveSnapshot { get; } = new(connection, "DELETE FROM snapshot WHERE replica = ?1");

    public Statement ReadSnapshots { get; } = new(connection, """
        SELECT service, format, version, sequence, state, snapshot.checksum
        FROM snapshot LEFT JOIN replica ON replica.id = snapshot.replica
        """);

    public Statement Append { get; } = new(
        connection,
        "INSERT INTO journal(replica, sequence, format, version, payload, checksum) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");

    public Statement RemoveAfter { get; } = new(
        connection, "DELETE FROM journal WHERE replica = ?1 AND sequence > ?2");

    public Statement RemoveUpTo { get; } = new(
        connection, "DELETE FROM journal WHERE replica = ?1 AND sequence <= ?2");

    public Statement ReadJournal { get; } = new(connection, """
        SELECT service, format, version, sequence, payload, journal.checksum
        FROM journal LEFT JOIN replica ON replica.id = journal.replica
        ORDER BY journal.replica, journal.sequence
        """);

    public void Dispose()
    {
        foreach (var statement in (ReadOnlySpan<Statement>)[
            Begin, Commit, PutMeta, ReadMeta, PutRecord, ReadRecords, AddReplica, RemoveReplica, ReadReplicas,
            PutSnapshot, RemoveSnapshot, ReadSnapshots, Append, RemoveAfter, RemoveUpTo, ReadJournal])
            statement.Dispose();
    }
}
