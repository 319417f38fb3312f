namespace Understudy.Storage;

/// <summary>The kinds of rows. The numbers are part of the format: they enter each row's checksum.</summary>
internal enum StoreTable : byte
{
    Meta = 1,
    Record = 2,
    Snapshot = 3,
    Journal = 4,
    Replica = 5,
}

/// <summary>The format that this version of Understudy reads and writes; another one is refused by name.</summary>
internal static class StoreFormat
{
    /// <summary>The format of a file: its tables and its meta rows. Stored as SQLite's user_version.</summary>
    public const int File = 3;

    /// <summary>The format of a row: what its checksum covers. Stored in the row.</summary>
    public const byte Row = 1;

    /// <summary>SQLite's application_id of our files: "USTY".</summary>
    public const int ApplicationId = 0x55535459;

    public const string Schema = """
        CREATE TABLE meta(
            key TEXT PRIMARY KEY, format INTEGER NOT NULL, value BLOB NOT NULL, checksum INTEGER NOT NULL)
            WITHOUT ROWID;
        CREATE TABLE record(
            key TEXT PRIMARY KEY, format INTEGER NOT NULL, value BLOB NOT NULL, checksum INTEGER NOT NULL)
            WITHOUT ROWID;
        CREATE TABLE replica(
            id INTEGER PRIMARY KEY, service TEXT NOT NULL UNIQUE, checksum INTEGER NOT NULL);
        CREATE TABLE snapshot(
            replica INTEGER PRIMARY KEY, format INTEGER NOT NULL, version INTEGER NOT NULL,
            sequence INTEGER NOT NULL, state BLOB NOT NULL, checksum INTEGER NOT NULL);
        CREATE TABLE journal(
            replica INTEGER NOT NULL, sequence INTEGER NOT NULL, format INTEGER NOT NULL,
            version INTEGER NOT NULL, payload BLOB NOT NULL, checksum INTEGER NOT NULL,
            PRIMARY KEY(replica, sequence)) WITHOUT ROWID;
        """;
}
