using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication;

namespace Understudy.Protocol;

/// <summary>What a node is configured to be; the same on every node of a cluster.</summary>
/// <param name="ClusterName">The cluster's name.</param>
/// <param name="Profile">All timings.</param>
/// <param name="Nodes">Every node, in order of id.</param>
/// <param name="Services">Every service, in order of name.</param>
public sealed record NodeOptions(
    string ClusterName,
    Profile Profile,
    ImmutableArray<NodeOption> Nodes,
    ImmutableArray<ServiceDefinition> Services)
{
    /// <summary>
    /// The kinds of services that this node has code for, in order; empty if it has not been told: then it is taken
    /// to have code for all.
    /// </summary>
    public ImmutableArray<string> Kinds { get; init; } = [];

    /// <summary>When a node that comes and goes is not relied on any more.</summary>
    public QuarantineRule Quarantine { get; init; } = QuarantineRule.Default;
}
