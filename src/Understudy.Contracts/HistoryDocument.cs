namespace Understudy.Contracts;

/// <summary>
/// The latest changes that replica managers decided, as the registry remembers them:
/// <c>GET /api/v1/history</c>, with <c>?service=NAME</c> those of one service. Voters have it.
/// </summary>
public sealed record HistoryDocument
{
    /// <summary>The path it is served at.</summary>
    public const string Path = "/api/v1/history";

    /// <summary>The node whose copy of the registry it is; a copy may lag a moment behind.</summary>
    public required string Node { get; init; }

    /// <summary>The changes, the oldest first; at most the latest 512 of the cluster.</summary>
    public required IReadOnlyList<ChangeDocument> Changes { get; init; }
}

/// <summary>A change that a replica manager decided.</summary>
public sealed record ChangeDocument
{
    /// <summary>Counts the changes of the cluster.</summary>
    public required long Number { get; init; }

    /// <summary>
    /// When, in seconds of the replica managers' time: how long they have been active since the cluster formed.
    /// </summary>
    public required double Seconds { get; init; }

    /// <summary>The service, or null if it is of a node, of the cluster or of very many services.</summary>
    public string? Service { get; init; }

    /// <summary>
    /// The version of the service's configuration, or of the replica manager's, that it led to; null if of none.
    /// </summary>
    public long? Version { get; init; }

    /// <summary>The version that it left; the same if it made no new one, null if there was none.</summary>
    public long? FromVersion { get; init; }

    /// <summary>The service's lineage since, or null if it is of no service.</summary>
    public long? Lineage { get; init; }

    /// <summary>
    /// The number of the last checkpoint with which the primary began in this version; every in-sync provider had it.
    /// Null while the primary has not told it, and for a change that made no new version.
    /// </summary>
    public long? Position { get; init; }

    /// <summary>How long each phase took, in order.</summary>
    public IReadOnlyList<PhaseDocument> Phases { get; init; } = [];

    /// <summary>Why: a view, a primary's request, an operator's command.</summary>
    public required string Cause { get; init; }

    /// <summary>What changed.</summary>
    public required string What { get; init; }
}

/// <summary>How long a phase of a change took, by the clock of the replica manager's node.</summary>
/// <param name="Name">
/// Of a failover <c>agree</c> (from the first accusation to the view without the old primary) and <c>decide</c> (from
/// there to the decision); of a switchover <c>bringUp</c> and <c>freeze</c>; of both <c>takeOver</c> (until the new
/// primary said that it serves).
/// </param>
/// <param name="Milliseconds">How long.</param>
public sealed record PhaseDocument(string Name, double Milliseconds);
