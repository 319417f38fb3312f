using System.Net;
using System.Net.Sockets;

namespace Understudy.Transport;

/// <summary>Accepts nodes' connections, and gives each a thread of its own.</summary>
internal sealed class Listener : IDisposable
{
    private const int Backlog = 512;

    /// <summary>How long to accept nothing when the process has too many open files.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly PendingHandshakes _pending;
    private readonly Action<PendingHandshake> _serve;
    private readonly Action _onShort;
    private readonly KeptThreads _threads = new("peer");
    private readonly Thread _accepting;
    private volatile bool _isStopping;

    /// <param name="address">Where to listen.</param>
    /// <param name="pending">Bounds how many are within their handshake.</param>
    /// <param name="serve">Serves one connection until it ends, and lets go of it.</param>
    /// <param name="onShort">Told that none can be accepted: the process has too many open files.</param>
    /// <exception cref="IOException">The address is taken, or not this machine's.</exception>
    public Listener(
        IPEndPoint address, PendingHandshakes pending, Action<PendingHandshake> serve, Action onShort)
    {
        (_pending, _serve, _onShort) = (pending, serve, onShort);
        _socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _socket.Bind(address);
            _socket.Listen(Backlog);
        }
        catch (SocketException e)
        {
            _socket.Dispose();
            throw new IOException(
                $"This node cannot listen for its peers on {address}: {e.Message}. Another process may use it: "
                + "end that, or give this node another address in the cluster's file.",
                e);
        }

        _accepting = new Thread(Accept) { IsBackground = true, Name = "accept" };
        _accepting.Start();
    }

    /// <summary>Accepts no more; what was accepted goes on.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _socket.Dispose();
        _accepting.Join();
        _threads.Dispose();
    }

    private void Accept()
    {
        while (!_isStopping)
        {
            try
            {
                // Bounded before it is given a thread.
                var handshake = _pending.Begin(_socket.Accept());
                if (_threads.TryRun(() => _serve(handshake))) continue;
                handshake.Dispose();
                handshake.Socket.Dispose();
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.TooManyOpenSockets)
            {
                _onShort();
                Thread.Sleep(_pause);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It was reset before it was accepted, or nothing is accepted any more.
            }
        }
    }
}
