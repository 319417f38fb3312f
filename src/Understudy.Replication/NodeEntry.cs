using Understudy.Kernel;

namespace Understudy.Replication;

/// <summary>What an operator said of a node.</summary>
/// <param name="Node">The node.</param>
/// <param name="IsDrained">Whether its services are moved away and it gets nothing new.</param>
public sealed record NodeEntry(NodeId Node, bool IsDrained);
