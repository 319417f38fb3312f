using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy;

/// <summary>
/// The HTTP side of a service's own program: every node takes requests for it at <c>/svc/NAME/</c>, and forwards them
/// to the program on the primary's node.
/// </summary>
/// <param name="Backend">The port of the service's program on each node, at the node's own address.</param>
public sealed record HttpConfiguration(int Backend)
{
    /// <summary>The greatest <see cref="Drain"/>: an hour.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>The nodes whose program listens elsewhere; for nodes that share one address.</summary>
    public ImmutableSortedDictionary<NodeId, int> Nodes { get; init; } = ImmutableSortedDictionary<NodeId, int>.Empty;

    /// <summary>
    /// Whether the program speaks HTTP/2 without TLS at that port. Default false: HTTP/1.1, but for gRPC.
    /// </summary>
    public bool IsHttp2 { get; init; }

    /// <summary>
    /// How long a request may go on at the old primary's program after a switchover. Default none: it is cut at once,
    /// so that one program at a time is used. For programs that may be used side by side.
    /// </summary>
    public TimeSpan Drain { get; init; }

    /// <summary>The port of the program on one node.</summary>
    public int PortOf(NodeId node) => Nodes.GetValueOrDefault(node, Backend);

    public bool Equals(HttpConfiguration? other) => other is not null && ToString() == other.ToString();

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>All of it, as <c>http 8080 …</c>.</summary>
    public override string ToString()
    {
        var nodes = Nodes.Select(node => FormattableString.Invariant($" {node.Key} {node.Value}"));
        return FormattableString.Invariant($"http {Backend} http2 {IsHttp2} drain {Drain}") + string.Concat(nodes);
    }
}
