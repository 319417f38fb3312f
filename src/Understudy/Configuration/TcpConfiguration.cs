using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy;

/// <summary>
/// The TCP port of a service: every node listens there, and hands connections to the service's program on the
/// primary's node.
/// </summary>
/// <param name="Listen">The port where each node takes clients' connections, at the address of its <c>http</c>.</param>
/// <param name="Backend">The port of the service's program on each node, at the node's own address.</param>
public sealed record TcpConfiguration(int Listen, int Backend)
{
    /// <summary>The greatest <see cref="MaxHeld"/> and <see cref="MaxConnections"/>.</summary>
    public const int MostConnections = 1_000_000;

    /// <summary>The greatest <see cref="Hold"/> and <see cref="Drain"/>: an hour.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>The nodes whose ports are others; for nodes that share one address.</summary>
    public ImmutableSortedDictionary<NodeId, TcpPorts> Nodes { get; init; } =
        ImmutableSortedDictionary<NodeId, TcpPorts>.Empty;

    /// <summary>
    /// How long a new connection waits for a primary whose program takes it; then it is closed. Default: as long as a
    /// request does (<see cref="HoldConfiguration.Time"/>).
    /// </summary>
    public TimeSpan? Hold { get; init; }

    /// <summary>How many connections wait at most on one node; more are closed. Default 10,000.</summary>
    public int MaxHeld { get; init; } = 10_000;

    /// <summary>How many connections there are at most on one node; more are closed. Default 20,000.</summary>
    public int MaxConnections { get; init; } = 20_000;

    /// <summary>
    /// How long an open connection may go on with the old primary's program after a switchover. Default none: it is
    /// closed at once, so that one program at a time is used. For programs that may be used side by side.
    /// </summary>
    public TimeSpan Drain { get; init; }

    /// <summary>The ports of one node.</summary>
    public TcpPorts PortsOf(NodeId node) => Nodes.GetValueOrDefault(node) ?? new TcpPorts(Listen, Backend);

    public bool Equals(TcpConfiguration? other) => other is not null && ToString() == other.ToString();

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>All of it, as <c>tcp 6380 6379 held 10000 …</c>.</summary>
    public override string ToString()
    {
        var nodes = Nodes.Select(node =>
            FormattableString.Invariant($" {node.Key} {node.Value.Listen} {node.Value.Backend}"));
        return FormattableString.Invariant(
            $"tcp {Listen} {Backend} hold {Hold} held {MaxHeld} connections {MaxConnections} drain {Drain}")
            + string.Concat(nodes);
    }
}

/// <summary>The ports of a service's TCP connections on one node.</summary>
/// <param name="Listen">Where the node takes clients' connections.</param>
/// <param name="Backend">Where the service's program listens.</param>
public sealed record TcpPorts(int Listen, int Backend);
