using System.Collections.Immutable;

namespace Understudy.Kernel;

/// <summary>The two durable files of a node. A promise in one never waits behind a transfer in the other.</summary>
public enum StoreFile
{
    /// <summary>Acceptor record, view tail, boot counter and the registry.</summary>
    Control,

    /// <summary>Journals and snapshots of services.</summary>
    Data,
}

/// <summary>
/// One checkpoint in a service's stream: the version it was made under, its number, its opaque bytes.
/// </summary>
public sealed record LogEntry(ConfigurationVersion Version, long Sequence, ReadOnlyMemory<byte> Payload);

/// <summary>A service's whole state up to and with checkpoint <paramref name="Sequence"/>.</summary>
/// <param name="Version">The version of the last checkpoint that the state contains.</param>
/// <param name="Sequence">The number of that checkpoint; 0 for the empty state.</param>
/// <param name="State">Opaque bytes.</param>
public sealed record Snapshot(ConfigurationVersion Version, long Sequence, ReadOnlyMemory<byte> State);

/// <summary>What a write does to a file. Writes of one batch are durable together or not at all.</summary>
public abstract record StoreWrite
{
    private StoreWrite()
    {
    }

    /// <summary>Sets a named record.</summary>
    public sealed record PutRecord(string Key, ReadOnlyMemory<byte> Value) : StoreWrite;

    /// <summary>Adds entries to a service's journal, in order.</summary>
    public sealed record AppendEntries(ServiceName Service, ImmutableArray<LogEntry> Entries) : StoreWrite;

    /// <summary>Removes the entries of a service's journal whose number is greater than the one given.</summary>
    public sealed record TruncateAfter(ServiceName Service, long Sequence) : StoreWrite;

    /// <summary>Replaces a service's snapshot and removes the journal's entries that it covers.</summary>
    public sealed record PutSnapshot(ServiceName Service, Snapshot Snapshot) : StoreWrite;

    /// <summary>Removes a service's journal and snapshot.</summary>
    public sealed record RemoveReplica(ServiceName Service) : StoreWrite;
}

/// <summary>What was found on disk for one service: a snapshot, if any, and the entries after it, in order.</summary>
public sealed record StoredReplica(Snapshot? Snapshot, ImmutableArray<LogEntry> Entries);

/// <summary>All that a node finds on its disk when it starts.</summary>
/// <param name="Disk">The identity of the store.</param>
/// <param name="Records">Named records of the control file, in ordinal order of their keys.</param>
/// <param name="Replicas">Journals and snapshots of both files.</param>
public sealed record StoredNode(
    DiskId Disk,
    ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> Records,
    ImmutableSortedDictionary<ServiceName, StoredReplica> Replicas)
{
    /// <summary>
    /// The record that says, in words, why the copy of a service on this disk is worth nothing; empty or missing if it
    /// is not so. Durable before anything is said about the service.
    /// </summary>
    public static string VoidKey(ServiceName service) => $"{VoidPrefix}{service}";

    /// <summary>The service whose copy a record is about, or null if it is another kind of record.</summary>
    public static ServiceName? VoidStream(string key) =>
        key.StartsWith(VoidPrefix, StringComparison.Ordinal) ? new ServiceName(key[VoidPrefix.Length..]) : null;

    private const string VoidPrefix = "void:";
}
