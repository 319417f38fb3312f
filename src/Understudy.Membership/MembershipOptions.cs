using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Membership;

/// <summary>A node as the configuration file names it.</summary>
public sealed record NodeOption(NodeId Id, NodeKind Kind)
{
    public bool IsVoter => Kind != NodeKind.NonVoter;
}

/// <summary>What membership is asked for.</summary>
/// <param name="Profile">All timings.</param>
/// <param name="Nodes">Every node of the cluster, in order of id; 1 to 9 of them voters.</param>
public sealed record MembershipOptions(Profile Profile, ImmutableArray<NodeOption> Nodes)
{
    /// <summary>The most voters a cluster may have.</summary>
    public const int MaxVoters = 9;

    public NodeOption? Find(NodeId id)
    {
        foreach (var node in Nodes)
        {
            if (node.Id == id) return node;
        }

        return null;
    }
}
