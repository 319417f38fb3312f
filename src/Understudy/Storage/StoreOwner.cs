using Understudy.Kernel;

namespace Understudy.Storage;

/// <summary>Whose store it is: a node id means one node only within its cluster.</summary>
/// <param name="Cluster">The cluster's name in its file.</param>
/// <param name="Node">The node.</param>
public sealed record StoreOwner(string Cluster, NodeId Node)
{
    /// <summary>As messages say it: <c>n1 of cluster web</c>.</summary>
    public override string ToString() => $"{Node} of cluster {Cluster}";
}
