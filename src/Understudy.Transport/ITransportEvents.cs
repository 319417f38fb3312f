using Understudy.Kernel;

namespace Understudy.Transport;

/// <summary>
/// What a transport reports. Called from any thread, sometimes under a lock of the transport: an implementer only notes
/// it for its own loop, and never waits. Calls about one peer's channel come one at a time, in their true order.
/// </summary>
public interface ITransportEvents
{
    /// <summary>A channel to this incarnation is open in both directions.</summary>
    void ChannelUp(PeerIdentity peer);

    /// <summary>The channel has broken or was closed. Nothing more is received on it.</summary>
    void ChannelLost(MemberId peer, string reason);

    /// <summary>A message came on the channel from this incarnation.</summary>
    void Received(MemberId from, Message message);

    /// <summary>
    /// What was received is all that has come by now. Called under no lock: an implementer may act on it at once, on
    /// the thread that received it; nothing more of that peer comes meanwhile.
    /// </summary>
    void ReceivedAll();

    /// <summary>No attempt of a probe was answered by this incarnation.</summary>
    void ProbeFailed(MemberId peer);

    /// <summary>Something needs an operator: two live processes have one node id, or a message is too long.</summary>
    void Alarm(string text);

    /// <summary>A handshake or a frame was refused, by this node or by a peer; its connection is closed.</summary>
    void FrameRefused(string text);
}
