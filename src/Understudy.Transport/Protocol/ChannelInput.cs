namespace Understudy.Transport.Protocol;

/// <summary>What can happen to the connections with one peer. A connection is named by a number of its own.</summary>
internal abstract record ChannelInput
{
    private ChannelInput()
    {
    }

    /// <summary>The peer accepted a connection that this node dialled.</summary>
    public sealed record OutgoingAccepted(long Connection, PeerIdentity Peer) : ChannelInput;

    /// <summary>This node accepted a connection that the peer dialled; a rival is known to be gone.</summary>
    public sealed record IncomingAccepted(long Connection, PeerIdentity Peer) : ChannelInput;

    /// <summary>A connection has ended or was refused.</summary>
    public sealed record ConnectionBroken(long Connection, string Reason) : ChannelInput;

    /// <summary>This node's incarnation has ended: nothing of it may go on.</summary>
    public sealed record IncarnationEnded(string Reason) : ChannelInput;
}
