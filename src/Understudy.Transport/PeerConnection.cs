using System.Net.Sockets;

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
internal sealed class IncomingConnection(PeerIdentity peer, Socket socket) : PeerConnection(peer)
{
    /// <summary>The peer may have its side of the channel before we have ours, by a moment.</summary>
    private const int MostEarly = 4096;

    private List<Message> _early = [];
    private volatile bool _isRefused;

    /// <summary>Keeps a message that came before the channel is up.</summary>
    /// <returns>False if too many did.</returns>
    public bool TryKeep(Message message)
    {
        if (_early.Count >= MostEarly) return false;
        _early.Add(message);
        return true;
    }

    /// <summary>The channel is up: what came before may be delivered.</summary>
    public IReadOnlyList<Message> TakeEarly()
    {
        var early = _early;
        _early = [];
        return early;
    }

    /// <summary>From now on the connection ends by itself, so that the reason for it still goes out.</summary>
    public void EndByItself() => _isRefused = true;

    public override void Close()
    {
        if (_isRefused) return;
        try
        {
            // The thread that reads it learns that at once, and lets go of it.
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has ended already, which is all that was asked for.
        }
    }
}
