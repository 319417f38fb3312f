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
}

/// <summary>A provider that is being brought up to date.</summary>
/// <param name="Node">Its node's id.</param>
/// <param name="Percent">How much of the state it has, 0 to 100.</param>
public sealed record JoiningStatus(string Node, int Percent);
