namespace Understudy.Contracts;

/// <summary>What the answering node does with one service's TCP connections.</summary>
public sealed record TcpStatus
{
    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>Where this node takes them.</summary>
    public required string Listen { get; init; }

    /// <summary>How many are connected with the primary's backend.</summary>
    public required int Open { get; init; }

    /// <summary>How many wait until there is a primary whose backend takes them.</summary>
    public required int Held { get; init; }

    /// <summary>How many, since the node started, were closed without having reached a backend.</summary>
    public required long Refused { get; init; }
}
