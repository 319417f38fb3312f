using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Transport;

namespace Understudy.Replication.Protocol;

/// <summary>Names a client's request: the gateway that took it in one of its lives, and its number there.</summary>
public readonly record struct RequestId(MemberId Gateway, long Number);

/// <summary>How a primary, or a node that is none, answers a gateway.</summary>
public enum AnswerKind
{
    /// <summary>Executed and committed; the body is the service's.</summary>
    Done = 0,

    /// <summary>The node is not the serving primary of that service; ask again when the map says who is.</summary>
    NotPrimary = 1,

    /// <summary>The idempotency key was used with another request.</summary>
    KeyReused = 2,

    /// <summary>The service's own code refused it, and it had no effect; the body says why, in UTF-8.</summary>
    Refused = 3,
}

/// <summary>How far a provider has been brought up.</summary>
public sealed record JoiningProgress(MemberId Member, int Percent);

/// <summary>What replicas, replica managers and gateways say to each other (agreement.md 4).</summary>
public abstract record ReplicationMessage : Message
{
    private ReplicationMessage()
    {
    }

    /// <summary>Checkpoints from a primary, after the entry (PreviousSequence, PreviousVersion).</summary>
    /// <param name="Service">The service.</param>
    /// <param name="Version">The primary's configuration; a replica sealed at a newer one refuses.</param>
    /// <param name="PreviousSequence">The number of the entry before the first one here.</param>
    /// <param name="PreviousVersion">That entry's version; the receiver's log must have the same.</param>
    /// <param name="Entries">May be empty.</param>
    /// <param name="Committed">Every entry up to this one is committed.</param>
    /// <param name="Round">Answering this number confirms reads that began before it was sent.</param>
    public sealed record Append(
        ServiceName Service,
        ConfigurationVersion Version,
        long PreviousSequence,
        ConfigurationVersion PreviousVersion,
        ImmutableArray<LogEntry> Entries,
        long Committed,
        long Round) : ReplicationMessage;

    /// <summary>Answers <see cref="Append"/>.</summary>
    /// <param name="Service">The service.</param>
    /// <param name="Version">The configuration in which the replica answers.</param>
    /// <param name="IsMatched">Whether the log agrees with the primary's up to <paramref name="Sequence"/>.</param>
    /// <param name="Sequence">
    /// If matched, the last entry that is received (and on disk, if the service is durable); else the last at which
    /// the logs might agree.
    /// </param>
    /// <param name="Round">The highest round seen in this version.</param>
    public sealed record Appended(
        ServiceName Service, ConfigurationVersion Version, bool IsMatched, long Sequence, long Round)
        : ReplicationMessage;

    /// <summary>Part of a snapshot for a provider that is being brought up.</summary>
    public sealed record SnapshotPart(
        ServiceName Service,
        ConfigurationVersion Version,
        ConfigurationVersion SnapshotVersion,
        long SnapshotSequence,
        long Offset,
        long Total,
        ReadOnlyMemory<byte> Bytes) : ReplicationMessage;

    /// <summary>Asks for the part at this offset; the total, when the whole snapshot is on disk.</summary>
    public sealed record SnapshotReceived(
        ServiceName Service, ConfigurationVersion Version, long SnapshotSequence, long NextOffset)
        : ReplicationMessage;

    /// <summary>A primary asks the RM to take a provider into the in-sync set, or out of it.</summary>
    public sealed record InSyncWanted(
        ServiceName Service, ConfigurationVersion Version, Provider Provider, bool IsIncluded) : ReplicationMessage;

    /// <summary>The RM's one order per node: the configurations as last committed.</summary>
    public sealed record MapPushed(ServiceMap Map) : ReplicationMessage;

    /// <summary>The map was taken over, or a newer one is known.</summary>
    public sealed record MapTaken(ConfigurationVersion Generation, long Sequence) : ReplicationMessage;

    /// <summary>A primary tells all members how far its joining providers are.</summary>
    public sealed record Progressed(
        ServiceName Service, ConfigurationVersion Version, ImmutableArray<JoiningProgress> Joining)
        : ReplicationMessage;

    /// <summary>The sender is about to leave and asks the RM to move its primaries away.</summary>
    public sealed record HandOverWanted : ReplicationMessage;

    /// <summary>The code of the sender's provider failed; said again until the map shows that it was counted.</summary>
    /// <param name="Service">The service.</param>
    /// <param name="Number">How often it has failed in the sender's incarnation.</param>
    /// <param name="Error">What the last failure said; cut.</param>
    public sealed record CodeFailed(ServiceName Service, long Number, string Error) : ReplicationMessage
    {
        /// <summary>The longest text of an error that is told and kept.</summary>
        public const int LongestError = 120;
    }

    /// <summary>The kinds of services that the sender has code for; said again until the map shows them.</summary>
    /// <param name="Kinds">In order.</param>
    public sealed record KindsOffered(ImmutableArray<string> Kinds) : ReplicationMessage
    {
        /// <summary>The most kinds that a node may offer.</summary>
        public const int Most = 64;
    }

    /// <summary>A primary that was ordered to freeze has nothing in flight any more.</summary>
    public sealed record Frozen(ServiceName Service, ConfigurationVersion Version) : ReplicationMessage;

    /// <summary>
    /// The last holder of an exclusive service runs it no longer, and will start it in no older version than this.
    /// </summary>
    public sealed record Vacated(ServiceName Service, ConfigurationVersion Version) : ReplicationMessage;

    /// <summary>A gateway forwards a client's request.</summary>
    /// <param name="Id">The gateway's name for it; the same however often it is sent.</param>
    /// <param name="LowestPending">No request of this gateway below this number will be sent again.</param>
    /// <param name="Service">The service.</param>
    /// <param name="IsRead">Whether it changes nothing.</param>
    /// <param name="Key">The client's idempotency key, or null.</param>
    /// <param name="Body">The service's own format.</param>
    public sealed record Request(
        RequestId Id,
        long LowestPending,
        ServiceName Service,
        bool IsRead,
        string? Key,
        ReadOnlyMemory<byte> Body) : ReplicationMessage;

    /// <summary>Answers <see cref="Request"/>.</summary>
    public sealed record Answer(
        RequestId Id, AnswerKind Kind, ReadOnlyMemory<byte> Body, ConfigurationVersion Version) : ReplicationMessage;
}
