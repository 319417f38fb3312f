using System.Net.Sockets;

namespace Understudy.Transport;

/// <summary>
/// Accepted connections that have not said yet who they are. Bounded: one more takes the place of the oldest, so that
/// strangers who say nothing keep no peer out, whose handshake takes a moment.
/// </summary>
internal sealed class PendingHandshakes(int most)
{
    /// <summary>So many that were ended may still have their threads; then the next one waits.</summary>
    private const int MostCut = 8;

    // A plain object, because a thread waits on it.
    private readonly object _gate = new();
    private readonly LinkedList<PendingHandshake> _pending = new();
    private int _cut;

    /// <summary>Adds one, and ends the oldest if that is one too many.</summary>
    public PendingHandshake Begin(Socket socket)
    {
        lock (_gate)
        {
            while (_cut >= MostCut) Monitor.Wait(_gate);
            if (_pending.Count >= most)
            {
                _pending.First!.Value.Cut();
                _pending.RemoveFirst();
                _cut++;
            }

            var handshake = new PendingHandshake(this, socket);
            _pending.AddLast(handshake.Place);
            return handshake;
        }
    }

    /// <summary>It is done, or its connection has ended.</summary>
    public void End(PendingHandshake handshake)
    {
        lock (_gate)
        {
            if (handshake.Place.List is not null)
            {
                _pending.Remove(handshake.Place);
                return;
            }

            _cut--;
            Monitor.Pulse(_gate);
        }
    }
}

/// <summary>One of <see cref="PendingHandshakes"/>, until it is disposed of.</summary>
internal sealed class PendingHandshake : IDisposable
{
    private readonly PendingHandshakes _all;
    private bool _hasEnded;

    public PendingHandshake(PendingHandshakes all, Socket socket)
    {
        (_all, Socket) = (all, socket);
        Place = new LinkedListNode<PendingHandshake>(this);
    }

    public Socket Socket { get; }

    public LinkedListNode<PendingHandshake> Place { get; }

    /// <summary>Whoever waits for the socket learns that it has ended.</summary>
    public void Cut()
    {
        try
        {
            Socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // Its peer has ended it already.
        }
    }

    public void Dispose()
    {
        if (_hasEnded) return;
        _hasEnded = true;
        _all.End(this);
    }
}
