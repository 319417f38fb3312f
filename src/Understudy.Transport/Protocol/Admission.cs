using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Transport.Protocol;

/// <summary>Decides who is let in, and which frames.</summary>
/// <param name="clusterName">The configured name of this node's cluster.</param>
/// <param name="nodes">Every configured node.</param>
internal sealed class Admission(string clusterName, ImmutableArray<NodeId> nodes)
{
    /// <summary>Judges a Hello. Duplicates of a live node are judged apart: that takes a probe.</summary>
    /// <returns>Why it is refused, or null.</returns>
    public Handshake.Refused? Judge(Handshake.Hello hello, PeerIdentity self)
    {
        var (from, node) = (hello.From, hello.From.Member.Node);
        if (hello.To != self.Member.Node)
        {
            return new Handshake.Refused(
                RefusalCode.WrongDestination,
                $"wrong destination: {node} dialled {hello.To}, but {self.Member.Node} answers at this address. "
                + "Compare the addresses in the nodes' configuration files.");
        }

        if (JudgeCluster(hello.ClusterName, from, self) is { } refused) return refused;
        if (!nodes.Contains(node))
        {
            return new Handshake.Refused(
                RefusalCode.UnknownNode,
                $"unknown node: {node} is not in the configuration of {self.Member.Node}. Add it there.");
        }

        if (node != self.Member.Node) return null;
        var isOwnDrill = from.Member == self.Member && hello.Purpose == HelloPurpose.Probe;
        return isOwnDrill ? null : Duplicate(self.Member.Node, self.Member.Incarnation);
    }

    /// <summary>Judges who answered a Hello.</summary>
    /// <returns>Why the answer is not accepted, or null.</returns>
    public Handshake.Refused? Judge(Handshake.Accepted answer, NodeId dialled, PeerIdentity self)
    {
        if (answer.From.Member.Node == dialled) return JudgeCluster(answer.ClusterName, answer.From, self);
        return new Handshake.Refused(
            RefusalCode.WrongDestination,
            $"wrong destination: {answer.From.Member.Node} answers at the address of {dialled}. "
            + "Compare the addresses in the nodes' configuration files.");
    }

    /// <summary>Judges a frame that came on the channel from a peer.</summary>
    /// <returns>Why it is refused, or null.</returns>
    public static Handshake.Refused? Judge(in FrameHeader header, MemberId from, PeerIdentity self)
    {
        if (header.Layer == Layer.Transport)
        {
            return new Handshake.Refused(RefusalCode.Damaged, $"{from} sent a handshake twice on one connection");
        }

        if (header.Source != from.Incarnation)
        {
            return new Handshake.Refused(
                RefusalCode.Damaged, $"{from} sent a frame in the name of another incarnation, {header.Source}");
        }

        if (header.Destination != self.Member.Incarnation)
        {
            return new Handshake.Refused(
                RefusalCode.WrongDestination,
                $"wrong destination: {from} sent a frame to incarnation {header.Destination}, this is {self.Member}");
        }

        if (header.Cluster is not { } theirs || self.Cluster is not { } ours || theirs == ours) return null;
        return WrongClusterId(from, theirs, self.Member, ours);
    }

    /// <summary>Another live process has the node's id.</summary>
    public static Handshake.Refused Duplicate(NodeId node, Incarnation living) => new(
        RefusalCode.DuplicateNodeId,
        $"duplicate node id: another live process is {node} (boot counter {living}) and answers at its registered "
        + "address. Stop one of the two; if a disk was copied, give one of them a blank disk and an id of its own.");

    private Handshake.Refused? JudgeCluster(string theirName, PeerIdentity them, PeerIdentity self)
    {
        if (theirName != clusterName)
        {
            return new Handshake.Refused(
                RefusalCode.WrongClusterName,
                $"wrong cluster name: {them.Member.Node} belongs to '{theirName}', {self.Member.Node} to "
                + $"'{clusterName}'. Compare the configuration files.");
        }

        if (them.Cluster is not { } theirs || self.Cluster is not { } ours || theirs == ours) return null;
        return WrongClusterId(them.Member, theirs, self.Member, ours);
    }

    private static Handshake.Refused WrongClusterId(
        MemberId them, ClusterId theirs, MemberId us, ClusterId ours) => new(
        RefusalCode.WrongClusterId,
        $"wrong cluster id: {them.Node} belongs to {theirs}, {us.Node} to {ours}. "
        + "One of the two has the data folder of another cluster.");
}
