using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication;

/// <summary>What an operator said of a node, and what happened to it.</summary>
/// <param name="Node">The node.</param>
/// <param name="IsDrained">Whether its services are moved away and it gets nothing new.</param>
public sealed record NodeEntry(NodeId Node, bool IsDrained)
{
    /// <summary>The counter of its last incarnation whose eviction was looked at.</summary>
    public ulong EvictedTo { get; init; }

    /// <summary>When it left the view without having said so, in the RM's time, the oldest first.</summary>
    public ImmutableArray<TimeSpan> Exits { get; init; } = [];

    /// <summary>
    /// Whether it left so often that it gets no primaries and no new providers until an operator releases it.
    /// </summary>
    public bool IsQuarantined { get; init; }

    /// <summary>Whether it has said which kinds of services it has code for.</summary>
    public bool HasToldKinds { get; init; }

    /// <summary>These kinds, in order.</summary>
    public ImmutableArray<string> Kinds { get; init; } = [];

    /// <summary>Whether it has code for a kind; one that has not said so is taken at its best.</summary>
    public bool Offers(string kind) => !HasToldKinds || Kinds.Contains(kind);

    /// <summary>Whether it gets nothing new, and what it has goes elsewhere.</summary>
    public bool IsBarred => IsDrained || IsQuarantined;
}
