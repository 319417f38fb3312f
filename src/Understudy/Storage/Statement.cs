using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Understudy.Storage;

/// <summary>
/// A prepared statement. Parameters and columns are spans, so a write copies its bytes once, into SQLite, and
/// allocates nothing.
/// </summary>
internal sealed class Statement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private int _bound;

    public Statement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle!;
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
    }

    public Statement Bind(long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, ++_bound, value));
        return this;
    }

    public Statement BindText(ReadOnlySpan<byte> utf8)
    {
        Check(raw.sqlite3_bind_text(_statement, ++_bound, utf8));
        return this;
    }

    public Statement BindBlob(ReadOnlySpan<byte> value)
    {
        Check(value.IsEmpty
            ? raw.sqlite3_bind_zeroblob(_statement, ++_bound, 0)
            : raw.sqlite3_bind_blob(_statement, ++_bound, value));
        return this;
    }

    /// <summary>Runs the statement to its end and makes it ready for the next use.</summary>
    /// <exception cref="SqliteException">The statement failed; nothing of it took effect.</exception>
    public void Run()
    {
        var result = raw.sqlite3_step(_statement);
        Rewind();
        if (result is not raw.SQLITE_DONE and not raw.SQLITE_ROW) Check(result);
    }

    /// <summary>Steps to the next row; false at the end, when the statement is ready for the next use.</summary>
    public bool Read()
    {
        var result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW) return true;

        Rewind();
        if (result != raw.SQLITE_DONE) Check(result);
        return false;
    }

    public long Int64(int column) => raw.sqlite3_column_int64(_statement, column);

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    /// <summary>The column's bytes, valid until the next step: a text's are UTF-8.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(_statement, column);

    /// <summary>Ends reading before the last row.</summary>
    public void Rewind()
    {
        _bound = 0;
        // The error of the step is what is reported; reset only repeats it.
        _ = raw.sqlite3_reset(_statement);
        _ = raw.sqlite3_clear_bindings(_statement);
    }

    public void Dispose() => _statement.Dispose();

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _database);
}
