using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Understudy.Storage;

/// <summary>
/// A node's store cannot be used: damaged, of another format, of another node, incomplete, in use, or on a disk that
/// is full or fails. The message names what is wrong and what to do; the node does not start, or ends.
/// </summary>
public sealed class StoreUnusableException(string message, Exception? inner = null) : Exception(message, inner)
{
    internal const string Rejoin =
        "If other nodes hold this node's data, move the whole data directory away: the node then rejoins with a new, "
        + "empty disk. For a voter, first read \"Replacing a failed disk\" in docs/operating/running.md.";

    internal static StoreUnusableException Damaged(string file, string what, Exception? inner = null) =>
        new($"{file} is damaged: {what}. {Rejoin}", inner);

    /// <summary>What SQLite's error means for the file, and what to do about it.</summary>
    /// <param name="path">The file with its folder.</param>
    /// <param name="error">What SQLite says.</param>
    internal static StoreUnusableException Of(string path, SqliteException error) => error.SqliteErrorCode switch
    {
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB =>
            Damaged(Path.GetFileName(path), $"SQLite says \"{error.Message}\"", error),
        raw.SQLITE_FULL => new(
            $"{path} could not be written: its disk is full ({error.Message}). Free space there and start the node "
            + "again: nothing that was acknowledged is lost, and the other nodes go on meanwhile.",
            error),
        _ => new(
            $"{path}: {Failure(error)} failed ({error.Message}). Look at the disk, its mount and the kernel's log, "
            + "then start the node again: it checks what the disk holds, and nothing that was acknowledged is lost. "
            + $"If the disk is broken: {Rejoin}",
            error),
    };

    private static string Failure(SqliteException error) => error.SqliteExtendedErrorCode switch
    {
        raw.SQLITE_IOERR_FSYNC or raw.SQLITE_IOERR_DIR_FSYNC => "a flush",
        raw.SQLITE_IOERR_READ or raw.SQLITE_IOERR_SHORT_READ => "a read",
        raw.SQLITE_IOERR_WRITE => "a write",
        _ => $"an operation of SQLite (code {error.SqliteExtendedErrorCode})",
    };
}
