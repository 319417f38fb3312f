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
/// <param name="Member">The provider.</param>
/// <param name="Percent">How much of the state it has, 0 to 100.</param>
public sealed record JoiningProgress(MemberId Member, int Percent)
{
    /// <summary>The snapshot that is being sent to it, or null.</summary>
    public TransferProgress? Transfer { get; init; }
}

/// <summary>How far a snapshot has been sent.</summary>
/// <param name="Bytes">How many bytes have arrived.</param>
/// <param name="TotalBytes">How many bytes it has.</param>
/// <param name="BytesPerSecond">How many arrived per second since it began or went on; 0 if not known yet.</param>
public sealed record TransferProgress(long Bytes, long TotalBytes, long BytesPerSecond)
{
    /// <summary>How long the rest takes at that rate, or null.</summary>
    public TimeSpan? Left => BytesPerSecond <= 0
        ? null
        : TimeSpan.FromSeconds((double)(TotalBytes - Bytes) / BytesPerSecond);
}

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

    /// <summary>
    /// A primary asks the RM to take a provider into the in-sync set, or out of it and says why.
    /// </summary>
    public sealed record InSyncWanted(
        ServiceName Service,
        ConfigurationVersion Version,
        Provider Provider,
        bool IsIncluded,
        LeaveReason? Reason = null) : ReplicationMessage;

    /// <summary>
    /// The RM's one order per node: the configurations as last committed, or what has changed in them since a map that
    /// the node has. A long one comes in parts.
    /// </summary>
    /// <param name="Map">The map that it leads to; of its services only those that have changed.</param>
    public sealed record MapPushed(ServiceMap Map) : ReplicationMessage
    {
        /// <summary>The most parts of an order.</summary>
        public const int MostParts = 4096;

        /// <summary>The sequence of the map that it follows; 0 if it is whole and follows any.</summary>
        public long Since { get; init; }

        /// <summary>The services that are no more since then.</summary>
        public ImmutableArray<ServiceName> Removed { get; init; } = [];

        /// <summary>Which part it is, from 0; the first one has the nodes and the removed services.</summary>
        public int Part { get; init; }

        /// <summary>How many parts the order has.</summary>
        public int Parts { get; init; } = 1;

        /// <summary>
        /// Whether it leads to its map from the one that a node has. What was committed up to a sequence is the same
        /// for every RM, so the sequence alone tells.
        /// </summary>
        public bool Follows(ServiceMap map) => Since == 0 || Since <= map.Sequence;
    }

    /// <summary>The map was taken over, or a newer one is known.</summary>
    /// <param name="Generation">The order's.</param>
    /// <param name="Sequence">The order's; if it was missed, that of the map which the node has.</param>
    /// <param name="IsMissed">Whether the order does not follow that map.</param>
    public sealed record MapTaken(ConfigurationVersion Generation, long Sequence, bool IsMissed = false)
        : ReplicationMessage;

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
    public sealed record Frozen(ServiceName Service, ConfigurationVersion Version, long Sequence) : ReplicationMessage;

    /// <summary>
    /// The last holder of an exclusive service runs it no longer, and will start it in no older version than this.
    /// </summary>
    public sealed record Vacated(ServiceName Service, ConfigurationVersion Version) : ReplicationMessage;

    /// <summary>
    /// The sender's primaries serve, in these versions: said to the RM until it answers the same, noted.
    /// </summary>
    /// <param name="Services">Which, and with what they began.</param>
    /// <param name="IsNoted">Whether the RM says it: the history has it, or has no place for it.</param>
    public sealed record TakenOver(ImmutableArray<Beginning> Services, bool IsNoted) : ReplicationMessage;

    /// <summary>A secondary says which digest its state has at the checkpoint of an audit.</summary>
    public sealed record Audited(ServiceName Service, ConfigurationVersion Version, long Sequence, UInt128 Digest)
        : ReplicationMessage;

    /// <summary>
    /// A primary says to an in-sync secondary that its state at a checkpoint was another: its copy is void.
    /// </summary>
    public sealed record StateDiffered(ServiceName Service, ConfigurationVersion Version, long Sequence)
        : ReplicationMessage;

    /// <summary>A primary tells the RM what came of an audit.</summary>
    /// <param name="Service">The service.</param>
    /// <param name="Version">The primary's configuration.</param>
    /// <param name="Number">Which audit.</param>
    /// <param name="What">What came of it, in words.</param>
    /// <param name="IsPrimaryOdd">Whether most providers agree on another state than the primary's.</param>
    public sealed record AuditEnded(
        ServiceName Service, ConfigurationVersion Version, long Number, string What, bool IsPrimaryOdd)
        : ReplicationMessage;

    /// <summary>An in-sync provider tells the RM that its copy is void: it must not count as in sync.</summary>
    /// <param name="Service">The service.</param>
    /// <param name="Version">The configuration in which it is in sync; void in any other.</param>
    /// <param name="Provider">The sender's incarnation, and its disk.</param>
    /// <param name="Reason">What is wrong with it.</param>
    public sealed record CopyVoid(
        ServiceName Service, ConfigurationVersion Version, Provider Provider, LeaveReason Reason)
        : ReplicationMessage;

    /// <summary>
    /// A node that is back tells the RM that its disk has a good copy of a service that waits for one.
    /// </summary>
    /// <param name="Service">The service.</param>
    /// <param name="Version">The configuration without a primary whose in-sync set names the disk.</param>
    /// <param name="Provider">The sender's incarnation, and its disk.</param>
    public sealed record CopyGood(ServiceName Service, ConfigurationVersion Version, Provider Provider)
        : ReplicationMessage;

    /// <summary>A gateway forwards a client's request.</summary>
    /// <param name="Id">The gateway's name for it; the same however often it is sent.</param>
    /// <param name="LowestPending">No request of this gateway below this number will be sent again.</param>
    /// <param name="Service">The service.</param>
    /// <param name="Version">
    /// The configuration by which the gateway sends it, none for a command: who knows only of an older one does not
    /// answer in it.
    /// </param>
    /// <param name="IsRead">Whether it changes nothing.</param>
    /// <param name="Key">The client's idempotency key, or null.</param>
    /// <param name="Body">The service's own format.</param>
    public sealed record Request(
        RequestId Id,
        long LowestPending,
        ServiceName Service,
        ConfigurationVersion Version,
        bool IsRead,
        string? Key,
        ReadOnlyMemory<byte> Body) : ReplicationMessage;

    /// <summary>Answers <see cref="Request"/>.</summary>
    public sealed record Answer(
        RequestId Id, AnswerKind Kind, ReadOnlyMemory<byte> Body, ConfigurationVersion Version) : ReplicationMessage
    {
        /// <summary>A longer answer may be late: many of them would hold up what the nodes have to say.</summary>
        private const int MostPromptBytes = 16 * 1024;

        /// <inheritdoc/>
        protected override object? LateName => Body.Length > MostPromptBytes ? Id : null;

        /// <inheritdoc/>
        protected override int LateBytes => Body.Length;
    }
}
