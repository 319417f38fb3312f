using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Selection;

/// <summary>A copy of the registry: the node and the disk it is on (the registry is always durable).</summary>
public readonly record struct RegistryCopy(NodeId Node, DiskId Disk) : IComparable<RegistryCopy>
{
    public int CompareTo(RegistryCopy other)
    {
        var byNode = Node.CompareTo(other.Node);
        return byNode != 0 ? byNode : Disk.CompareTo(other.Disk);
    }
}

/// <summary>
/// The RM's own configuration: the attachment of every view. The version grows when the in-sync set, the incarnation
/// of an in-sync disk or the lineage changes, and only then (DESIGN 5, repair 6).
/// </summary>
/// <param name="Version">The version.</param>
/// <param name="Lineage">The registry's line of descent.</param>
/// <param name="InSync">The copies that have every committed change; empty only before the very first start.</param>
public sealed record RmConfiguration(
    ConfigurationVersion Version, Lineage Lineage, ImmutableArray<RegistryCopy> InSync)
{
    /// <summary>The RM has at most this many replicas; all voters when there are no more.</summary>
    public const int MaxReplicas = 5;

    public bool IsInSync(NodeId node, DiskId disk) => InSync.Contains(new RegistryCopy(node, disk));
}
