using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication;

/// <summary>What an operator asks for a service: the shape the RM keeps trying to reach.</summary>
/// <param name="Name">The service.</param>
/// <param name="Kind">Which code provides it.</param>
/// <param name="Secondaries">How many providers besides the primary receive checkpoints.</param>
/// <param name="Spares">How many further nodes stand by with no state.</param>
/// <param name="Durable">True if a checkpoint is on disk before it counts as received (durability <c>disk</c>).</param>
public sealed record ServiceDefinition(ServiceName Name, string Kind, int Secondaries, int Spares, bool Durable)
{
    /// <summary>See <see cref="Restarts"/>.</summary>
    public const int DefaultRestarts = 1;

    /// <summary>The most restarts that a definition may allow.</summary>
    public const int MostRestarts = 1_000;

    /// <summary>See <see cref="RestartWindow"/>.</summary>
    public static readonly TimeSpan DefaultRestartWindow = TimeSpan.FromMinutes(10);

    /// <summary>Nodes to place it on before others, the best for its primary first; moves nothing by itself.</summary>
    public ImmutableArray<NodeId> Preferred { get; init; } = [];

    /// <summary>If not empty, no other node hosts it.</summary>
    public ImmutableArray<NodeId> Only { get; init; } = [];

    /// <summary>Nodes that do not host it.</summary>
    public ImmutableArray<NodeId> Never { get; init; } = [];

    /// <summary>Its sponsors: its primary is on the same node as theirs, or does not serve.</summary>
    public ImmutableArray<ServiceName> With { get; init; } = [];

    /// <summary>Services that must have a primary before this one is started for the first time.</summary>
    public ImmutableArray<ServiceName> After { get; init; } = [];

    /// <summary>Services whose primaries are kept on other nodes than its own, while there are enough.</summary>
    public ImmutableArray<ServiceName> Apart { get; init; } = [];

    /// <summary>
    /// Whether it is a worker: without state, and running on one node at a time. Its primary is the only provider, and
    /// its in-sync set names the last one who may run it.
    /// </summary>
    public bool IsExclusive { get; init; }
    /// <summary>How often its providers' states are compared unless told otherwise.</summary>
    public static readonly TimeSpan Daily = TimeSpan.FromDays(1);

    /// <summary>How often its providers' states are compared, in the RM's time; zero for only when asked.</summary>
    public TimeSpan AuditEvery { get; init; } = Daily;

    /// <summary>How often its failed code is started anew in place, on one node, within the window; then its
    /// primary is moved. Default 1.</summary>
    public int Restarts { get; init; } = DefaultRestarts;

    /// <summary>How long a failure counts, from the first one of a node. Default 10 minutes.</summary>
    public TimeSpan RestartWindow { get; init; } = DefaultRestartWindow;

    /// <summary>With fewer in-sync providers than these its primary takes no writes. Default 1.</summary>
    public int MinInSync { get; init; } = 1;

    /// <summary>
    /// How long at most a checkpoint stays with the primary after its update was acknowledged (mode
    /// <c>periodic</c>); zero if it is committed before the reply. Default zero.
    /// </summary>
    public TimeSpan CheckpointEvery { get; init; }

    /// <summary>See <see cref="KeepKeysFor"/>.</summary>
    public static readonly TimeSpan DefaultKeepKeysFor = TimeSpan.FromDays(1);

    /// <summary>
    /// How long a client's <c>Idempotency-Key</c> is remembered, in time that its primaries have measured, unless newer
    /// ones are too many (<see cref="Protocol.OnceOnlyTable"/>). Default one day.
    /// </summary>
    public TimeSpan KeepKeysFor { get; init; } = DefaultKeepKeysFor;

    /// <summary>The shortest time that <see cref="CheckpointEvery"/> may be, if it is not zero.</summary>
    public static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest.</summary>
    public static readonly TimeSpan LongestInterval = TimeSpan.FromHours(1);

    /// <summary>What it is in mode <c>periodic</c> unless told otherwise.</summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);

    /// <summary>Whether a time is one that <see cref="CheckpointEvery"/> may be in mode <c>periodic</c>.</summary>
    public static bool IsInterval(TimeSpan every) => every >= ShortestInterval && every <= LongestInterval;

    /// <summary>Whether updates are acknowledged before they are committed.</summary>
    public bool IsPeriodic => CheckpointEvery > TimeSpan.Zero;

    /// <summary>
    /// What the loss of a primary costs at most: updates that it acknowledged within so long a time, its last ones. The
    /// time that a batch of checkpoints takes to be committed, two heartbeats, is in it.
    /// </summary>
    public TimeSpan BoundOnLoss(Profile profile) =>
        IsPeriodic ? CheckpointEvery + (profile.Heartbeat * 2) : TimeSpan.Zero;

    /// <summary>
    /// What happens when no in-sync provider is left. Default <see cref="TotalLossPolicy.Wait"/>.
    /// </summary>
    public TotalLossPolicy TotalLoss { get; init; }

    /// <summary>Whether these rules, apart from who is alive, let a node host it.</summary>
    public bool Allows(NodeId node) => (Only.IsEmpty || Only.Contains(node)) && !Never.Contains(node);
}

/// <summary>A provider in an in-sync set: the incarnation that holds the role, and the disk its copy is on.</summary>
public readonly record struct Provider(MemberId Member, DiskId Disk);

/// <summary>
/// Who provides a service (the record of FIG 3). A new version is made when the primary, the in-sync set, an in-sync
/// incarnation or the lineage changes, and only then.
/// </summary>
/// <param name="Service">The service.</param>
/// <param name="Version">Every message about the service carries it; older ones are refused (seal).</param>
/// <param name="Lineage">The line of descent of the state.</param>
/// <param name="Primary">The provider that answers, or null while the service waits for an in-sync one.</param>
/// <param name="InSync">The providers, the primary among them, that have every committed checkpoint.</param>
/// <param name="Cause">The view in which this version was decided; names the failover in the logs of all nodes.</param>
/// <param name="IsPlanned">
/// True if the primary moved though its node is a member: a switchover, with an id of its own in the logs.
/// </param>
public sealed record Configuration(
    ServiceName Service,
    ConfigurationVersion Version,
    Lineage Lineage,
    MemberId? Primary,
    ImmutableArray<Provider> InSync,
    Epoch Cause,
    bool IsPlanned = false)
{
    /// <summary>The node whose copy of an earlier lineage this one began with; null if it began empty.</summary>
    public NodeId? Origin { get; init; }

    /// <summary>Whether the service was ever started.</summary>
    public bool IsStarted => Version > ConfigurationVersion.None;

    /// <summary>The configuration of a service that was never started.</summary>
    public static Configuration NotStarted(ServiceName service) =>
        new(service, ConfigurationVersion.None, new Lineage(0), null, [], Epoch.None);

    public bool IsInSync(MemberId member)
    {
        foreach (var provider in InSync)
        {
            if (provider.Member == member) return true;
        }

        return false;
    }
}

/// <summary>A service with its present configuration, and what the RM is about to do with it.</summary>
public sealed record ServiceEntry(ServiceDefinition Definition, Configuration Configuration)
{
    /// <summary>The nodes that shall be its providers; the primary brings up those that are not in sync.</summary>
    public ImmutableArray<NodeId> Placement { get; init; } = [];

    /// <summary>Nodes whose provider an operator removed: they get none again until an operator adds one.</summary>
    public ImmutableArray<NodeId> Excluded { get; init; } = [];

    /// <summary>Whether its primary holds clients' requests instead of answering them.</summary>
    public bool IsFrozen { get; init; }

    /// <summary>Whether an operator holds the automation: nothing is placed or moved, only failed over.</summary>
    public bool IsHeld { get; init; }

    /// <summary>The switchover that is under way, or null.</summary>
    public Operation? Operation { get; init; }

    /// <summary>The providers that left the in-sync set and shall come back.</summary>
    public ImmutableArray<Departure> Left { get; init; } = [];

    /// <summary>The audits of its providers.</summary>
    public Audits Audits { get; init; }

    /// <summary>
    /// Whether the copy on a disk is known to be worth nothing: it does not count as in sync, even while the
    /// configuration still names it.
    /// </summary>
    public bool IsVoid(DiskId disk)
    {
        foreach (var left in Left)
        {
            if (left.Disk == disk && left.Reason.IsCopyVoid) return true;
        }

        return false;
    }

    /// <summary>How often its code failed, for each node; what is older than the window counts no more.</summary>
    public ImmutableArray<ProviderFailures> Failures { get; init; } = [];

    /// <summary>What the last failure said; cut, and empty if none counts.</summary>
    public string LastError { get; init; } = "";

    /// <summary>
    /// Whether its code is left alone, as it failed too often on every node that may host it. Its state is kept, and
    /// its configuration stands.
    /// </summary>
    public bool IsStopped { get; init; }

    /// <summary>An operator's word to go on without its in-sync providers, until that is done; or null.</summary>
    public Recovery? Recovery { get; init; }

    /// <summary>Whether enough providers are in sync for it to take writes.</summary>
    public bool TakesWrites => Configuration.InSync.Length >= Definition.MinInSync;

    /// <summary>Whether its code failed on a node more often than its definition lets it be started anew.</summary>
    public bool IsFailingOn(NodeId node)
    {
        foreach (var failures in Failures)
        {
            if (failures.Member.Node == node) return failures.Count > Definition.Restarts;
        }

        return false;
    }

    /// <summary>Whether a node may have a provider of it, alive or not.</summary>
    public bool Allows(NodeId node) => Definition.Allows(node) && !Excluded.Contains(node);

    /// <summary>
    /// Of an exclusive service that has started: who runs it, or who ran it last and may do so still.
    /// </summary>
    public MemberId Holder => Configuration.InSync[0].Member;

    /// <summary>Whether it is an exclusive service that nobody is ordered to run.</summary>
    public bool IsVacant => Definition.IsExclusive && Configuration is { IsStarted: true, Primary: null };

    /// <summary>Whether a node's provider is in sync.</summary>
    public bool IsInSyncOn(NodeId node) => Configuration.InSync.Any(p => p.Member.Node == node);

    /// <summary>Says the same: lists are compared by what is in them.</summary>
    public bool IsSame(ServiceEntry other) =>
        ReferenceEquals(Definition, other.Definition) && IsFrozen == other.IsFrozen && IsHeld == other.IsHeld
        && Operation == other.Operation && Configuration.Version == other.Configuration.Version
        && Placement.SequenceEqual(other.Placement) && Excluded.SequenceEqual(other.Excluded)
        && Left.SequenceEqual(other.Left) && Audits == other.Audits
        && IsStopped == other.IsStopped && LastError == other.LastError && Recovery == other.Recovery
        && Failures.SequenceEqual(other.Failures);
}
