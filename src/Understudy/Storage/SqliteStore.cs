using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Understudy.Kernel;

namespace Understudy.Storage;

/// <summary>
/// A node's durable store: control.db and data.db in one directory, each with a writer thread of its own. Writing never
/// blocks its caller. Any error of a write or a flush is told once, and the process must then end: what the disk holds
/// after a failed flush is unknown until it is read again.
/// </summary>
public sealed class SqliteStore : IDisposable
{
    private const string ControlName = "control.db";
    private const string DataName = "data.db";
    private const string LockName = "understudy.lock";
    private const string DiskKey = "disk";
    private const string NodeKey = "node";
    private const string ClusterKey = "cluster";
    private const string CompleteKey = "complete";
    private const string BootCounterKey = "boot-counter";

    private readonly FileStream _lock;
    private readonly StoreWriter _control;
    private readonly StoreWriter _data;
    private readonly DiskId _disk;

    private SqliteStore(FileStream held, DiskId disk, StoreWriter control, StoreWriter data)
    {
        _lock = held;
        _disk = disk;
        _control = control;
        _data = data;
    }

    /// <summary>The identity of this store.</summary>
    public DiskId Disk => _disk;

    /// <summary>Opens the store in this directory, or creates it; the directory is created if need be.</summary>
    /// <param name="directory">The node's data directory. No other process may have it open.</param>
    /// <param name="owner">Whose store it is; one that belongs to another is refused.</param>
    /// <param name="newDiskId">Draws the identity of a new store.</param>
    /// <param name="flushed">
    /// Told, on a writer's thread, that all writes of a file up to and with a ticket are durable. Must not block.
    /// </param>
    /// <param name="failed">Told, on a writer's thread and once per file, that a write or flush failed.</param>
    /// <exception cref="StoreUnusableException">
    /// In use, damaged, incomplete, of another node, of an unknown format, or on a disk that is full or fails; the
    /// message says which and what to do.
    /// </exception>
    public static SqliteStore Open(
        string directory,
        StoreOwner owner,
        Func<UInt128> newDiskId,
        Action<StoreFile, long> flushed,
        Action<Exception> failed)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(newDiskId);
        Directory.CreateDirectory(directory);
        var held = Hold(directory);
        StoreDatabase? control = null;
        StoreDatabase? data = null;
        try
        {
            RefuseHalf(directory);
            control = StoreDatabase.Open(directory, ControlName);
            data = StoreDatabase.Open(directory, DataName);
            var isComplete = control.ReadMeta(CompleteKey) is not null;
            if (isComplete) RefuseOther(directory, control, owner);
            var disk = isComplete ? IdentityOf(control, data) : Create(control, data, owner, newDiskId);
            return new SqliteStore(
                held,
                disk,
                new StoreWriter(control, StoreFile.Control, flushed, failed),
                new StoreWriter(data, StoreFile.Data, flushed, failed));
        }
        catch
        {
            data?.Dispose();
            control?.Dispose();
            held.Dispose();
            throw;
        }
    }

    /// <summary>Adds one to the boot counter and returns it when that is durable. The first is 1.</summary>
    /// <exception cref="StoreUnusableException">The disk is full or failed; the process must end.</exception>
    public ulong NextBootCounter() => _control.InTurn(database =>
    {
        var stored = database.ReadMeta(BootCounterKey);
        var next = stored is null ? 1 : BinaryPrimitives.ReadUInt64LittleEndian(stored) + 1;
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, next);
        database.Commit(() => database.PutMeta(BootCounterKey, bytes), bytes.Length);
        return next;
    });

    /// <summary>
    /// Reads everything, and checks each row. Writes that are still queued are not in it: drain first. A service in
    /// data.db with a damaged row is left out, and a mark says so from then on (<see cref="StoredNode.VoidKey"/>):
    /// durable before this returns, so that the node never counts as having what it has lost. The rows stay until the
    /// node deletes them.
    /// </summary>
    /// <exception cref="StoreUnusableException">
    /// A row of control.db is damaged, or the structure of a file; the message names file, table and row.
    /// </exception>
    public StoredNode Load()
    {
        var replicas = ImmutableSortedDictionary.CreateBuilder<ServiceName, StoredReplica>();
        SortedDictionary<ServiceName, string> damaged = [];
        _data.InTurn(database =>
        {
            database.ReadReplicas(replicas, damaged);
            return true;
        });
        var records = _control.InTurn(database =>
        {
            database.ReadReplicas(replicas);
            if (damaged.Count > 0) database.Commit(() => Mark(database, damaged), bytes: 0);
            return database.ReadRecords();
        });
        foreach (var service in replicas.Keys.ToList())
        {
            if (records.TryGetValue(StoredNode.VoidKey(service), out var mark) && !mark.IsEmpty)
                replicas.Remove(service);
        }

        return new StoredNode(_disk, records, replicas.ToImmutable());
    }

    /// <summary>
    /// Queues writes; they are applied in order and become durable together, perhaps with others. Tickets of a file
    /// rise. After a failure it does nothing: the failure was told.
    /// </summary>
    public void Write(StoreFile file, long ticket, ImmutableArray<StoreWrite> writes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ticket);
        if (file == StoreFile.Data && writes.Any(write => write is StoreWrite.PutRecord))
            throw new ArgumentException("Named records are kept in the control file.", nameof(writes));

        (file == StoreFile.Control ? _control : _data).Enqueue(ticket, writes);
    }

    /// <summary>Ends when all writes that are queued now are durable; fails if one of them failed.</summary>
    public Task DrainAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_control.DrainAsync(), _data.DrainAsync()).WaitAsync(cancellationToken);

    /// <summary>Writes what is queued, closes both files and lets go of the directory.</summary>
    public void Dispose()
    {
        _control.Dispose();
        _data.Dispose();
        _lock.Dispose();
    }

    private static void Mark(StoreDatabase control, SortedDictionary<ServiceName, string> damaged)
    {
        foreach (var (service, what) in damaged)
            control.PutRecord(StoredNode.VoidKey(service), Encoding.UTF8.GetBytes(what));
    }

    private static FileStream Hold(string directory)
    {
        try
        {
            return new FileStream(
                Path.Combine(directory, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
        {
            throw new StoreUnusableException(
                $"The data directory {directory} is in use by another Understudy process: it holds {LockName}. Stop "
                + "that process, or give this node a directory of its own.",
                e);
        }
    }

    // Control.db is created first, so data.db without it is no interrupted creation.
    private static void RefuseHalf(string directory)
    {
        if (File.Exists(Path.Combine(directory, DataName)) && !File.Exists(Path.Combine(directory, ControlName)))
            throw new StoreUnusableException(
                $"{ControlName} is missing beside {DataName} in {directory}: this node's promises are lost. "
                + StoreUnusableException.Rejoin);
    }

    // Another's folder has its promises, its boot counter and its disk: two nodes would speak with one identity.
    private static void RefuseOther(string directory, StoreDatabase control, StoreOwner owner)
    {
        if (control.ReadMeta(NodeKey) is not { } node || control.ReadMeta(ClusterKey) is not { } cluster)
            throw StoreUnusableException.Damaged(control.Name, "it names no node");
        var found = new StoreOwner(Encoding.UTF8.GetString(cluster), new NodeId(Encoding.UTF8.GetString(node)));
        if (found != owner)
            throw new StoreUnusableException(
                $"the folder {directory} belongs to {found}, and this is {owner}. Give each node a folder of its own.");
    }

    private static DiskId IdentityOf(StoreDatabase control, StoreDatabase data)
    {
        var disk = ReadDisk(control) ?? throw StoreUnusableException.Damaged(control.Name, "it names no disk");
        var other = ReadDisk(data) ?? throw new StoreUnusableException(
            $"{data.Name} is missing or empty, but {control.Name} belongs to disk {disk}: this node's data are lost. "
            + StoreUnusableException.Rejoin);
        if (disk != other)
            throw new StoreUnusableException(
                $"{data.Name} belongs to disk {other}, but {control.Name} to disk {disk}: one of the two files was "
                + "swapped or restored alone. Put back the file that belongs here. " + StoreUnusableException.Rejoin);

        return disk;
    }

    // In three flushes: control.db names its owner and the disk, data.db names the disk, control.db is complete. Until
    // the last nothing was promised, and a creation that was interrupted goes on.
    private static DiskId Create(
        StoreDatabase control, StoreDatabase data, StoreOwner owner, Func<UInt128> newDiskId)
    {
        var begun = ReadDisk(control);
        if (ReadDisk(data) is { } other && other != begun)
            throw new StoreUnusableException(
                $"{control.Name} is empty, but {data.Name} belongs to disk {other}: this node's promises are lost. "
                + StoreUnusableException.Rejoin);

        var disk = begun ?? new DiskId(newDiskId());
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, disk.Value);
        control.Commit(
            () =>
            {
                control.PutMeta(DiskKey, bytes);
                control.PutMeta(NodeKey, Encoding.UTF8.GetBytes(owner.Node.Value));
                control.PutMeta(ClusterKey, Encoding.UTF8.GetBytes(owner.Cluster));
            },
            bytes.Length);
        data.Commit(() => data.PutMeta(DiskKey, bytes), bytes.Length);
        control.Commit(() => control.PutMeta(CompleteKey, []), bytes: 0);
        return disk;
    }

    private static DiskId? ReadDisk(StoreDatabase database) =>
        database.ReadMeta(DiskKey) is { } bytes
            ? new DiskId(BinaryPrimitives.ReadUInt128LittleEndian(bytes))
            : null;
}
