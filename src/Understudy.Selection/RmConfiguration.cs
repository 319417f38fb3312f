using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Selection.Protocol;

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
/// of an in-sync disk or the lineage changes or another copy is preferred, and only then (DESIGN 5, repair 6).
/// </summary>
/// <param name="Version">The version.</param>
/// <param name="Lineage">The registry's line of descent.</param>
/// <param name="InSync">The copies that have every committed change; empty only before the very first start.</param>
public sealed record RmConfiguration(
    ConfigurationVersion Version, Lineage Lineage, ImmutableArray<RegistryCopy> InSync)
{
    /// <summary>
    /// The in-sync copy that a switchover made the primary's; null if it is where the selection by rank left it. It is
    /// forgotten with the incarnation that holds the copy.
    /// </summary>
    public RegistryCopy? Preferred { get; init; }

    /// <summary>The RM has at most this many replicas; all voters when there are no more.</summary>
    public const int MaxReplicas = 5;

    /// <summary>The configuration that a view carries.</summary>
    public static RmConfiguration Of(View view) => SelectionCodec.DecodeConfiguration(view.Attachment.Span);

    /// <summary>The members of a view that have, or shall have, a copy of the registry; in order of node.</summary>
    public ImmutableArray<Member> Eligible(View view) => RmAttachmentPolicy.Eligible(this, view.Members);

    public bool IsInSync(NodeId node, DiskId disk) => InSync.Contains(new RegistryCopy(node, disk));
}
