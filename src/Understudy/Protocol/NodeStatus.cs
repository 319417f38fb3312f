using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication;
using Understudy.Replication.Protocol;
using Understudy.Selection;

namespace Understudy.Protocol;

/// <summary>What a node knows of another, or of itself.</summary>
/// <param name="Node">The configured node.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Connected">The incarnation at the other end of the channel, or null.</param>
/// <param name="IsHeard">Whether it was heard within the silence limit; true for the node itself.</param>
/// <param name="IsJoining">Whether it asks to be admitted.</param>
/// <param name="IsInView">Whether the latest view has it, in whatever incarnation.</param>
public sealed record PeerStatus(
    NodeId Node, NodeKind Kind, MemberId? Connected, bool IsHeard, bool IsJoining, bool IsInView);

/// <summary>A whole snapshot of what a node knows; published, never changed.</summary>
/// <param name="Self">The node in its present incarnation.</param>
/// <param name="View">The latest view it has learned, or null while it is blank.</param>
/// <param name="IsMember">Whether this incarnation is in it.</param>
/// <param name="IsStopping">Whether it was asked to leave.</param>
/// <param name="LeaseUntil">Until when it may act, on its own clock.</param>
/// <param name="HeardVoters">How many voters it hears, itself included if it is one.</param>
/// <param name="Selection">The RM's configuration and primary, or null before the first view.</param>
/// <param name="Map">Every service's configuration.</param>
/// <param name="Primaries">The services whose primary is here, and the workers that run here.</param>
/// <param name="Joining">Who is being brought up, and how far.</param>
/// <param name="Peers">All nodes, this one included, in order.</param>
public sealed record NodeStatus(
    MemberId Self,
    View? View,
    bool IsMember,
    bool IsStopping,
    TimeSpan LeaseUntil,
    int HeardVoters,
    SelectionOutcome? Selection,
    ServiceMap Map,
    ImmutableArray<ServiceName> Primaries,
    ImmutableSortedDictionary<ServiceName, ImmutableArray<JoiningProgress>> Joining,
    ImmutableArray<PeerStatus> Peers)
{
    private ImmutableArray<string> _reasons;
    private ImmutableArray<(NodeId Node, NodeEntry? Entry)> _openHosts;

    /// <summary>Says what is not as wanted. That may be much: it is said when somebody asks, on his thread.</summary>
    public Func<NodeStatus, ImmutableArray<string>> Explain { get; init; } = static _ => [];

    /// <summary>A line for everything that is not as wanted; empty when all is well.</summary>
    public ImmutableArray<string> Reasons => _reasons.IsDefault ? _reasons = Explain(this) : _reasons;

    /// <summary>The members that may get providers, and what is said of them; nothing of most.</summary>
    internal ImmutableArray<(NodeId Node, NodeEntry? Entry)> OpenHosts =>
        _openHosts.IsDefault ? _openHosts = [.. FindOpenHosts()] : _openHosts;

    private IEnumerable<(NodeId Node, NodeEntry? Entry)> FindOpenHosts()
    {
        var told = Map.Nodes.ToDictionary(node => node.Node);
        foreach (var peer in Peers)
        {
            var entry = told.GetValueOrDefault(peer.Node);
            if (peer.Kind == NodeKind.Witness || !peer.IsInView || entry is { IsBarred: true }) continue;
            yield return (peer.Node, entry);
        }
    }

    /// <summary>The latest changes that RMs decided, the oldest first; empty where no registry copy is.</summary>
    public ImmutableArray<HistoryEntry> History { get; init; } = [];

    /// <summary>The exclusive services that run nowhere now, and what they wait for, in words.</summary>
    public ImmutableSortedDictionary<ServiceName, string> Vacant { get; init; } =
        ImmutableSortedDictionary<ServiceName, string>.Empty;

    /// <summary>
    /// Of the periodic services whose primary is here: how old the oldest update is that is not committed; absent if
    /// all are.
    /// </summary>
    public ImmutableSortedDictionary<ServiceName, TimeSpan> Uncommitted { get; init; } =
        ImmutableSortedDictionary<ServiceName, TimeSpan>.Empty;

    /// <summary>The copies of earlier lineages that this node keeps aside, by the names of their streams.</summary>
    public ImmutableArray<ServiceName> Aside { get; init; } = [];
}
