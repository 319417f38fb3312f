using Understudy.Kernel;

namespace Understudy.Transport.Protocol;

/// <summary>What follows for the channel to one peer.</summary>
internal abstract record ChannelEffect
{
    private ChannelEffect()
    {
    }

    /// <summary>The channel is up: frames go out on one connection and come in on the other.</summary>
    public sealed record ChannelUp(PeerIdentity Peer, long Outgoing, long Incoming) : ChannelEffect;

    /// <summary>The channel that was up is lost.</summary>
    public sealed record ChannelLost(MemberId Peer, string Reason) : ChannelEffect;

    /// <summary>Close this connection.</summary>
    public sealed record CloseConnection(long Connection) : ChannelEffect;

    /// <summary>The peer is there: dial it now.</summary>
    public sealed record DialNow : ChannelEffect;
}
