namespace Understudy.Contracts;

/// <summary>
/// Where every service is: <c>GET /api/v1/services</c>, and as a stream of changes at <see cref="StreamPath"/>, where
/// the first event is the whole map and each further one has only the services that changed.
/// </summary>
public sealed record ServiceMapDocument
{
    /// <summary>The path of the whole map.</summary>
    public const string Path = "/api/v1/services";

    /// <summary>The path of the stream. <see cref="Path"/> with <c>Accept: text/event-stream</c> is the same.</summary>
    public const string StreamPath = "/api/v1/services/stream";

    /// <summary>The type of an event that has the whole map: what it does not name does not exist.</summary>
    public const string WholeEvent = "map";

    /// <summary>The type of an event that has what changed since the event before it.</summary>
    public const string ChangeEvent = "change";

    /// <summary>
    /// The map's place in the cluster's order of decisions, and the id of an event. Any node takes it as
    /// <c>Last-Event-ID</c>. Null while the node knows of no decision yet.
    /// </summary>
    public string? Id { get; init; }

    /// <summary>The node that says this.</summary>
    public required string Node { get; init; }

    /// <summary>Every node of the cluster, with the address of its HTTP side. Absent from a change.</summary>
    public IReadOnlyList<NodeAddress>? Nodes { get; init; }

    /// <summary>The services, or those that changed, in order of name.</summary>
    public required IReadOnlyList<ServiceMapEntry> Services { get; init; }

    /// <summary>Of a change: the services that exist no more.</summary>
    public IReadOnlyList<string> Removed { get; init; } = [];
}

/// <summary>A node and the address of its HTTP side, such as <c>http://127.0.0.1:7201</c>.</summary>
public sealed record NodeAddress(string Node, string Url);

/// <summary>Where one service is.</summary>
public sealed record ServiceMapEntry
{
    /// <summary>The name of the service.</summary>
    public required string Name { get; init; }

    /// <summary>What the service is, such as <c>kv</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The version of its configuration: a greater one is newer. 0 before it has started.</summary>
    public required long Version { get; init; }

    /// <summary>The line of descent of its state.</summary>
    public required long Lineage { get; init; }

    /// <summary>The node of its primary, or null while there is none.</summary>
    public string? Primary { get; init; }

    /// <summary>Whether its primary takes no requests now: it is about to move, or its code is stopped.</summary>
    public bool Frozen { get; init; }

    /// <summary>Where its primary and its secondaries are, the primary first.</summary>
    public IReadOnlyList<ServiceEndpoint> Endpoints { get; init; } = [];
}

/// <summary>A provider of a service.</summary>
/// <param name="Node">The node's id.</param>
/// <param name="Role"><c>primary</c> or <c>secondary</c>.</param>
/// <param name="Url">Where the service is on that node, such as <c>http://127.0.0.1:7201/svc/kv</c>.</param>
public sealed record ServiceEndpoint(string Node, string Role, string Url);
