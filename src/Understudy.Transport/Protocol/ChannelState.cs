using System.Diagnostics;
using Understudy.Kernel;

namespace Understudy.Transport.Protocol;

/// <summary>
/// Decides when the channel to one peer is up. It is up while an outgoing connection that an incarnation accepted and
/// an incoming one from the same incarnation both stand, and is lost when either breaks. Then both are closed, so that
/// both sides see the loss and begin anew.
/// </summary>
internal sealed class ChannelState
{
    private (long Number, PeerIdentity Peer)? _outgoing;
    private (long Number, PeerIdentity Peer)? _incoming;
    private MemberId? _up;

    /// <summary>The incarnation with which any connection stands; a Hello from another one is a rival.</summary>
    public MemberId? Living => (_outgoing ?? _incoming)?.Peer.Member;

    /// <summary>The incoming connection whose frames may be delivered, or null while the channel is not up.</summary>
    public long? Delivering => _up is null ? null : _incoming?.Number;

    public void Step(ChannelInput input, List<ChannelEffect> effects)
    {
        switch (input)
        {
            case ChannelInput.OutgoingAccepted accepted: OnOutgoing(accepted, effects); break;
            case ChannelInput.IncomingAccepted accepted: OnIncoming(accepted, effects); break;
            case ChannelInput.ConnectionBroken broken: OnBroken(broken, effects); break;
            case ChannelInput.IncarnationEnded ended: CloseAll(ended.Reason, effects); break;
            default: throw new UnreachableException($"Unknown input {input}.");
        }

        Invariant.Holds(
            _up is null || (_outgoing?.Peer.Member == _up && _incoming?.Peer.Member == _up),
            "ChannelState: a channel is up only while both connections with its incarnation stand");
    }

    private void OnOutgoing(ChannelInput.OutgoingAccepted accepted, List<ChannelEffect> effects)
    {
        // Who answers at the registered address is the peer: what an older incarnation left is gone.
        if (_outgoing is not null || IsOther(_incoming, accepted.Peer))
        {
            CloseAll($"{accepted.Peer.Member} answers at the registered address", effects);
        }

        _outgoing = (accepted.Connection, accepted.Peer);
        RaiseIfBoth(effects);
    }

    private void OnIncoming(ChannelInput.IncomingAccepted accepted, List<ChannelEffect> effects)
    {
        // A peer that dials again has lost its side of the channel, though we have not yet seen it.
        if (_incoming is not null || IsOther(_outgoing, accepted.Peer))
        {
            CloseAll($"{accepted.Peer.Member} has dialled anew", effects);
        }

        _incoming = (accepted.Connection, accepted.Peer);
        if (_outgoing is null) effects.Add(new ChannelEffect.DialNow());
        RaiseIfBoth(effects);
    }

    private void OnBroken(ChannelInput.ConnectionBroken broken, List<ChannelEffect> effects)
    {
        // A connection that was closed before breaks afterwards: that is no news.
        if (_outgoing?.Number != broken.Connection && _incoming?.Number != broken.Connection) return;

        if (_up is not null) CloseAll(broken.Reason, effects);
        else if (_outgoing?.Number == broken.Connection) Close(ref _outgoing, effects);
        else Close(ref _incoming, effects);
    }

    private void RaiseIfBoth(List<ChannelEffect> effects)
    {
        if (_outgoing is not { } outgoing || _incoming is not { } incoming) return;
        _up = incoming.Peer.Member;
        effects.Add(new ChannelEffect.ChannelUp(incoming.Peer, outgoing.Number, incoming.Number));
    }

    private void CloseAll(string reason, List<ChannelEffect> effects)
    {
        var lost = _up;
        _up = null;
        Close(ref _outgoing, effects);
        Close(ref _incoming, effects);
        if (lost is { } peer) effects.Add(new ChannelEffect.ChannelLost(peer, reason));
    }

    private static void Close(ref (long Number, PeerIdentity Peer)? connection, List<ChannelEffect> effects)
    {
        if (connection is not { } closing) return;
        connection = null;
        effects.Add(new ChannelEffect.CloseConnection(closing.Number));
    }

    private static bool IsOther((long Number, PeerIdentity Peer)? connection, PeerIdentity peer) =>
        connection is { } standing && standing.Peer.Member != peer.Member;
}
