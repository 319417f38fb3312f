namespace Understudy.Contracts;

/// <summary>Where the replica manager itself is replicated.</summary>
public sealed record ReplicaManagerStatus
{
    /// <summary>The version of its in-sync set.</summary>
    public required long Version { get; init; }

    /// <summary>The node of its primary, or null while there is none.</summary>
    public string? Primary { get; init; }

    /// <summary>The nodes that have every committed change of the registry.</summary>
    public required IReadOnlyList<string> InSync { get; init; }

    /// <summary>Its own switchover that is under way, or null.</summary>
    public OperationStatus? Operation { get; init; }
}

/// <summary>A service's configuration and shape.</summary>
public sealed record ServiceStatus
{
    /// <summary>The name of the service.</summary>
    public required string Name { get; init; }

    /// <summary>What the service is, such as <c>kv</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The version of its configuration.</summary>
    public required long Version { get; init; }

    /// <summary>The line of descent of its state.</summary>
    public required long Lineage { get; init; }

    /// <summary>The node of its primary, or null while there is none.</summary>
    public string? Primary { get; init; }

    /// <summary>The nodes of its in-sync providers other than the primary.</summary>
    public IReadOnlyList<string> Secondaries { get; init; } = [];

    /// <summary>Who is being brought up to secondary, and how far.</summary>
    public IReadOnlyList<JoiningStatus> Joining { get; init; } = [];

    /// <summary>The nodes that stand by with no state.</summary>
    public IReadOnlyList<string> Spares { get; init; } = [];

    /// <summary>How many secondaries its shape asks for.</summary>
    public required int WantedSecondaries { get; init; }

    /// <summary>How many spares its shape asks for.</summary>
    public required int WantedSpares { get; init; }

    /// <summary><c>disk</c> or <c>memory</c>; <c>none</c> of an exclusive service, which has no state.</summary>
    public required string Durability { get; init; }

    /// <summary>Whether it is a worker, which runs on one node at a time: on that of its primary.</summary>
    public bool Exclusive { get; init; }

    /// <summary>Of a worker that runs nowhere now: what it waits for, such as the end of a view lease.</summary>
    public string? WaitsFor { get; init; }

    /// <summary>Whether an operator holds it: it is not placed or moved, only failed over.</summary>
    public bool Held { get; init; }

    /// <summary>Whether its primary holds clients' requests, for a switchover.</summary>
    public bool Frozen { get; init; }

    /// <summary>The switchover that is under way, or null.</summary>
    public OperationStatus? Operation { get; init; }

    /// <summary>Where it shall and may be.</summary>
    public RulesStatus Rules { get; init; } = new();

    /// <summary>With fewer in-sync providers than these it takes no writes.</summary>
    public int MinInSync { get; init; } = 1;

    /// <summary>When updates are committed: <c>before-reply</c> or <c>periodic</c>.</summary>
    public string Checkpoints { get; init; } = "before-reply";

    /// <summary>In mode <c>periodic</c>, how often they are at least, in seconds; else null.</summary>
    public double? IntervalSeconds { get; init; }

    /// <summary>
    /// In mode <c>periodic</c>, what a failover loses at most: the updates of so many seconds; else null.
    /// </summary>
    public double? LossBoundSeconds { get; init; }

    /// <summary>
    /// In mode <c>periodic</c>, how old the oldest update is that is not committed, in seconds. Null if all are, and on
    /// every node but the primary's, which alone knows.
    /// </summary>
    public double? UncommittedSeconds { get; init; }

    /// <summary>How long a client's <c>Idempotency-Key</c> is remembered, in seconds.</summary>
    public double KeepKeysSeconds { get; init; }

    /// <summary>How often its providers' states are compared, in seconds; null for only when asked.</summary>
    public double? AuditEverySeconds { get; init; }

    /// <summary>What happens when no in-sync copy is left: <c>wait</c> or <c>start-empty</c>.</summary>
    public string TotalLoss { get; init; } = "wait";

    /// <summary>Whether its code is left alone, as it failed too often on every node.</summary>
    public bool Stopped { get; init; }

    /// <summary>What its code said when it last failed, if that counts still.</summary>
    public string? LastError { get; init; }

    /// <summary>Whether the answering node has code for its kind.</summary>
    public bool HasCode { get; init; } = true;
}

/// <summary>A provider that is being brought up to date.</summary>
/// <param name="Node">Its node's id.</param>
/// <param name="Percent">How much of the state it has, 0 to 100.</param>
public sealed record JoiningStatus(string Node, int Percent)
{
    /// <summary>How many bytes of the service's snapshot have arrived; null if none is being sent.</summary>
    public long? Bytes { get; init; }

    /// <summary>How many bytes it has.</summary>
    public long? TotalBytes { get; init; }

    /// <summary>How fast they arrive, or null if that is not known yet.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>How many seconds the rest of the snapshot takes at that rate, or null.</summary>
    public double? SecondsLeft { get; init; }
}

/// <summary>A switchover that is under way.</summary>
public sealed record OperationStatus
{
    /// <summary>The node whose provider shall be primary.</summary>
    public required string Target { get; init; }

    /// <summary>One of <see cref="OperationStages"/>.</summary>
    public required string Stage { get; init; }

    /// <summary>When this stage began, in seconds of the replica managers' time, as in the history.</summary>
    public required double Since { get; init; }

    /// <summary>Why there is a switchover, for people.</summary>
    public required string Cause { get; init; }

    /// <summary>What it waits for now, for people.</summary>
    public required string WaitsFor { get; init; }
}

/// <summary>How far a switchover is: <see cref="OperationStatus.Stage"/>.</summary>
public static class OperationStages
{
    /// <summary>The target is being brought up to secondary; the primary serves.</summary>
    public const string BringUp = "bringUp";

    /// <summary>The primary holds what comes and finishes what is in flight.</summary>
    public const string Freeze = "freeze";
}

/// <summary>Where a service shall and may be. See <see cref="CommandDocument"/> for what each means.</summary>
public sealed record RulesStatus
{
    /// <summary>Nodes that come before others.</summary>
    public IReadOnlyList<string> Prefer { get; init; } = [];

    /// <summary>The only nodes that may host it; empty if all may.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>Nodes that may not host it.</summary>
    public IReadOnlyList<string> Never { get; init; } = [];

    /// <summary>Services it is on one node with.</summary>
    public IReadOnlyList<string> With { get; init; } = [];

    /// <summary>Services that start before it.</summary>
    public IReadOnlyList<string> After { get; init; } = [];

    /// <summary>Services on other nodes.</summary>
    public IReadOnlyList<string> Apart { get; init; } = [];

    /// <summary>Nodes whose provider an operator removed.</summary>
    public IReadOnlyList<string> Removed { get; init; } = [];
}
