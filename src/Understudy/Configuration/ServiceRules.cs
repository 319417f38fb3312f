using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy;

/// <summary>Where a service may be, and beside which other services. The same on every node.</summary>
public sealed record ServiceRules
{
    /// <summary>No rules: it may be anywhere.</summary>
    public static readonly ServiceRules None = new();

    /// <summary>Its sponsors: its primary is on the same node as theirs, or does not serve.</summary>
    public ImmutableArray<ServiceName> With { get; init; } = [];

    /// <summary>Services that must have a primary before this one is started for the first time.</summary>
    public ImmutableArray<ServiceName> After { get; init; } = [];

    /// <summary>Services whose primaries are kept on other nodes, while there are enough.</summary>
    public ImmutableArray<ServiceName> Apart { get; init; } = [];

    /// <summary>Nodes to place it on before others, the best for its primary first.</summary>
    public ImmutableArray<NodeId> Preferred { get; init; } = [];

    /// <summary>If not empty, no other node hosts it.</summary>
    public ImmutableArray<NodeId> Only { get; init; } = [];

    /// <summary>Nodes that do not host it.</summary>
    public ImmutableArray<NodeId> Never { get; init; } = [];

    public bool Equals(ServiceRules? other) => other is not null && ToString() == other.ToString();

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>Every rule that there is, as <c> with a,b never n3</c>.</summary>
    public override string ToString() =>
        Words("with", With) + Words("after", After) + Words("apart", Apart)
        + Words("preferred", Preferred) + Words("only", Only) + Words("never", Never);

    private static string Words<T>(string rule, ImmutableArray<T> names) =>
        names.IsEmpty ? "" : $" {rule} {string.Join(',', names)}";
}
