namespace Understudy.Contracts;

/// <summary>
/// What an operator asks the replica manager for: <c>POST /api/v1/commands</c>, to any node. <see cref="Command"/>
/// says which of the other fields it needs and may have; any other field is refused, so that a slip does nothing.
/// </summary>
/// <remarks>
/// Sent as <c>application/json</c>, perhaps with an <c>Idempotency-Key</c>: the same command under the same key is
/// carried out once. Answered with 200 and a <see cref="CommandAnswerDocument"/>; with 400 when it is not understood,
/// 409 when it is refused, and 503 when no replica manager answered in time, each with a problem that says why.
/// </remarks>
public sealed record CommandDocument
{
    /// <summary>The path it is posted to.</summary>
    public const string Path = "/api/v1/commands";

    /// <summary>
    /// The replica manager itself, as the <see cref="Service"/> of a switchover or of its abort. No new service may
    /// have this name.
    /// </summary>
    public const string ReplicaManager = "rm";

    /// <summary>One of <see cref="CommandNames"/>.</summary>
    public required string Command { get; init; }

    /// <summary>The service it is about.</summary>
    public string? Service { get; init; }

    /// <summary>The node it is about.</summary>
    public string? Node { get; init; }

    /// <summary>Of a failover, and to recover a service: what is lost is accepted.</summary>
    public bool? AcceptLoss { get; init; }

    /// <summary>Of a new service: which code provides it, such as <c>kv</c>.</summary>
    public string? Kind { get; init; }

    /// <summary>How many providers besides the primary receive checkpoints. Of a new service 2, unless said.</summary>
    public int? Secondaries { get; init; }

    /// <summary>How many nodes stand by without state. Of a new service 1, unless said.</summary>
    public int? Spares { get; init; }

    /// <summary>
    /// Of a new service: <c>disk</c>, as it is unless said, or <c>memory</c>. One of kind <c>external</c> has no state,
    /// and takes none of what speaks of state.
    /// </summary>
    public string? Durability { get; init; }

    /// <summary>
    /// When updates are committed: <c>before-reply</c>, as it is of a new service unless said, or <c>periodic</c>.
    /// </summary>
    public string? Checkpoints { get; init; }

    /// <summary>
    /// How often they are at least in mode <c>periodic</c>: from <c>10ms</c> to <c>1h</c>; <c>1s</c> unless said.
    /// </summary>
    public string? Interval { get; init; }

    /// <summary>
    /// How often its providers' states are compared: <c>never</c>, or from <c>1m</c> to <c>365d</c>. Of a new service
    /// <c>1d</c>, unless said.
    /// </summary>
    public string? AuditEvery { get; init; }

    /// <summary>
    /// How long a client's <c>Idempotency-Key</c> is remembered: from <c>1m</c> to <c>365d</c>. Of a new service
    /// <c>1d</c>, unless said.
    /// </summary>
    public string? KeepKeys { get; init; }

    /// <summary>With fewer in-sync providers than these it takes no writes. Of a new service 1, unless said.</summary>
    public int? MinInSync { get; init; }

    /// <summary>
    /// What happens when no in-sync copy is left: <c>wait</c>, as it is of a new service unless said, or
    /// <c>start-empty</c>.
    /// </summary>
    public string? TotalLoss { get; init; }

    /// <summary>How often its failed code is started anew in place. Of a new service once, unless said.</summary>
    public int? Restarts { get; init; }

    /// <summary>In how many minutes. Of a new service 10, unless said.</summary>
    public int? RestartMinutes { get; init; }

    /// <summary>Nodes to place it on before others, the best for its primary first.</summary>
    public IReadOnlyList<string>? Prefer { get; init; }

    /// <summary>The only nodes that may host it; an empty list allows all.</summary>
    public IReadOnlyList<string>? Only { get; init; }

    /// <summary>Nodes that may not host it.</summary>
    public IReadOnlyList<string>? Never { get; init; }

    /// <summary>Services whose primaries it is on one node with.</summary>
    public IReadOnlyList<string>? With { get; init; }

    /// <summary>Services that must have a primary before it is started for the first time.</summary>
    public IReadOnlyList<string>? After { get; init; }

    /// <summary>Services whose primaries are kept on other nodes than its own.</summary>
    public IReadOnlyList<string>? Apart { get; init; }
}
