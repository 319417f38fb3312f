using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using Understudy.Kernel;

namespace Understudy.Storage;

/// <summary>
/// One SQLite file: WAL, synchronous=FULL, checkpointed by hand so that no error of a flush is passed over. Not
/// thread-safe; its owner takes turns.
/// </summary>
internal sealed partial class StoreDatabase : IDisposable
{
    /// <summary>After about this much in the WAL it is copied into the file, when nothing waits.</summary>
    private const long CheckpointBytes = 4 << 20;

    /// <summary>After about this much in the WAL it is copied into the file, whatever waits.</summary>
    private const long CheckpointAtOnceBytes = 64 << 20;

    /// <summary>A commit's own cost in the WAL: a few pages, however small the write.</summary>
    private const long CommitBytes = 16 << 10;

    private readonly string _path;
    private readonly SqliteConnection _connection;
    private readonly RecordChecksum _checksum = new();
    private readonly SortedDictionary<ServiceName, ReplicaBounds> _replicas = [];
    private readonly StoreStatements _statements;
    private long _walBytes;

    private StoreDatabase(string path, SqliteConnection connection)
    {
        (_path, Name) = (path, Path.GetFileName(path));
        _connection = connection;
        _statements = new StoreStatements(connection);
        ReadBounds();
    }

    /// <summary>The file's name without its folder, for messages.</summary>
    public string Name { get; }

    /// <summary>Opens the file, or creates it. What can be read afterwards is durable.</summary>
    /// <exception cref="StoreUnusableException">
    /// Damaged, of a format that this version does not read, or the disk is full or failed.
    /// </exception>
    public static StoreDatabase Open(string directory, string name)
    {
        var path = Path.Combine(directory, name);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Pooling = false,
        }.ConnectionString);
        try
        {
            connection.Open();
            Prepare(connection, name);
            return new StoreDatabase(path, connection);
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw StoreUnusableException.Of(path, e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Runs the work in one transaction; it is durable when this returns.</summary>
    /// <exception cref="StoreUnusableException">The disk is full or failed.</exception>
    public void Commit(Action work, long bytes)
    {
        try
        {
            _statements.Begin.Run();
            work();
            _statements.Commit.Run();
        }
        catch (SqliteException e)
        {
            throw StoreUnusableException.Of(_path, e);
        }

        _walBytes += bytes + CommitBytes;
    }

    /// <summary>Copies the WAL into the file if it has grown enough.</summary>
    /// <exception cref="StoreUnusableException">The disk is full or failed.</exception>
    public void CheckpointIfDue(bool isIdle)
    {
        if (_walBytes < (isIdle ? CheckpointBytes : CheckpointAtOnceBytes)) return;

        _walBytes = 0;
        try
        {
            Execute(_connection, "PRAGMA wal_checkpoint(PASSIVE)");
        }
        catch (SqliteException e)
        {
            throw StoreUnusableException.Of(_path, e);
        }
    }

    public void Dispose()
    {
        _statements.Dispose();
        _connection.Dispose();
    }

    private static void Prepare(SqliteConnection connection, string name)
    {
        // One process owns the file, so the WAL's index needs no shared memory.
        Execute(connection, "PRAGMA locking_mode=EXCLUSIVE");
        var format = Scalar(connection, "PRAGMA user_version");
        var isNew = Scalar(connection, "SELECT count(*) FROM sqlite_schema") == 0;
        var isOurs = Scalar(connection, "PRAGMA application_id") == StoreFormat.ApplicationId;
        if (!isNew && !isOurs)
            throw new StoreUnusableException(
                $"{name} was not written by Understudy. Give the node a data directory of its own.");
        if (!isNew && format != StoreFormat.File)
            throw new StoreUnusableException(string.Create(
                CultureInfo.InvariantCulture,
                $"{name} has format {format}; this version of Understudy reads format {StoreFormat.File}. "
                + $"Start the version that wrote it, or see the changelog for how to convert it."));

        Execute(connection, "PRAGMA journal_mode=WAL");
        Execute(connection, "PRAGMA synchronous=FULL");
        // SQLite's own checkpoints hide their errors.
        Execute(connection, "PRAGMA wal_autocheckpoint=0");
        if (isNew) Create(connection);

        // A process killed between writing and flushing leaves commits that only the page cache has. They would be
        // reported as durable, so they are made durable first; this throws if they cannot be.
        Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    }

    private static void Create(SqliteConnection connection) =>
        Execute(connection, string.Create(CultureInfo.InvariantCulture, $"""
            BEGIN IMMEDIATE;
            PRAGMA application_id={StoreFormat.ApplicationId};
            PRAGMA user_version={StoreFormat.File};
            {StoreFormat.Schema}
            COMMIT;
            """));

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Only constants of this folder come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private static long Scalar(SqliteConnection connection, string sql)
    {
        using var statement = new Statement(connection, sql);
        return statement.Read() ? statement.Int64(0) : 0;
    }

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);
}
