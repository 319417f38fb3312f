using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Understudy.Transport;

/// <summary>A connection with a peer whose handshake is done.</summary>
internal abstract class PeerConnection(PeerIdentity peer)
{
    private static long s_last;

    /// <summary>Names the connection within this process.</summary>
    public long Number { get; } = Interlocked.Increment(ref s_last);

    public PeerIdentity Peer { get; } = peer;

    /// <summary>Closes the connection at once. May be called again.</summary>
    public abstract void Close();
}

/// <summary>A connection that this node dialled: it carries this node's frames.</summary>
internal sealed class OutgoingConnection : PeerConnection
{
    private readonly Stream _stream;

    public OutgoingConnection(PeerIdentity peer, Stream stream, int maxOutboundBytes, Action<long, string> onBroken)
        : base(peer)
    {
        _stream = stream;
        Outbound = new Outbound(stream, maxOutboundBytes, reason => onBroken(Number, reason));
    }

    public Outbound Outbound { get; }

    /// <summary>Tells the peer that nothing more will be sent; it closes when it has read all.</summary>
    public void Finish()
    {
        try
        {
            (_stream as NetworkStream)?.Socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has ended already, which is all that was asked for.
        }
    }

    public override void Close() => _stream.Dispose();
}

/// <summary>A connection that the peer dialled: it carries the peer's frames.</summary>
internal sealed class IncomingConnection(PeerIdentity peer, ConnectionContext connection) : PeerConnection(peer)
{
    private readonly TaskCompletionSource<bool> _mayDeliver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isRefused;

    /// <summary>Completes with true when the channel is up, with false when this connection is closed.</summary>
    public Task<bool> MayDeliver => _mayDeliver.Task;

    public void Deliver() => _mayDeliver.TrySetResult(true);

    /// <summary>From now on the connection ends by itself, so that the reason for it still goes out.</summary>
    public void EndByItself() => _isRefused = true;

    public override void Close()
    {
        _mayDeliver.TrySetResult(false);
        if (!_isRefused) connection.Abort(new ConnectionAbortedException("the channel was closed"));
    }
}
