namespace Understudy.Contracts;

/// <summary>
/// What a node is for a service: <c>/health/{service}/primary</c>, <c>/secondary</c> or <c>/any</c> of the two, with
/// status 200 if it is that now and 503 if not.
/// </summary>
public sealed record HealthDocument
{
    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>The node that answers.</summary>
    public required string Node { get; init; }

    /// <summary><c>primary</c>, <c>secondary</c> or <c>none</c>.</summary>
    public required string Role { get; init; }

    /// <summary>The version of the service's configuration that the node knows.</summary>
    public required long Version { get; init; }

    /// <summary>Of 503: why, for people.</summary>
    public string? Reason { get; init; }
}
