using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Understudy.Kernel;
using Understudy.Transport.Protocol;

namespace Understudy.Transport.Tests;

/// <summary>A peer made of bare sockets: it answers every Hello, and sends whatever a test wants.</summary>
internal sealed class RawPeer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly IPEndPoint _node;
    private readonly List<Socket> _accepted = [];
    private readonly Task _accepting;

    public RawPeer(PeerIdentity self, IPEndPoint own, IPEndPoint node)
    {
        (Self, _node) = (self, node);
        _listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(own);
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public PeerIdentity Self { get; }

    public static FrameHeader Header(PeerIdentity from, PeerIdentity to, Layer layer = Layer.Membership) =>
        new(layer, from.Cluster, from.Member.Incarnation, to.Member.Incarnation);

    public static byte[] FrameOf(FrameHeader header, ReadOnlySpan<byte> body)
    {
        var frame = new byte[FrameHeader.Length + body.Length];
        body.CopyTo(frame.AsSpan(FrameHeader.Length));
        header.Complete(frame);
        return frame;
    }

    /// <summary>Dials the node and says Hello.</summary>
    /// <returns>The connection, and the node's answer.</returns>
    public async Task<(NetworkStream Connection, Handshake? Answer)> GreetAsync(
        string to, PeerIdentity? asSelf = null, string clusterName = "web")
    {
        var hello = new Handshake.Hello(HelloPurpose.Channel, clusterName, asSelf ?? Self, new NodeId(to));
        var connection = await DialAsync(HandshakeFrames.Encode(hello, asSelf ?? Self));
        return (connection, await ReadAsync(connection));
    }

    public async Task<NetworkStream> DialAsync(byte[] first)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_node);
        var stream = new NetworkStream(socket, ownsSocket: true);
        await stream.WriteAsync(first);
        return stream;
    }

    /// <summary>The next handshake on the connection, or null at its end.</summary>
    public static async Task<Handshake?> ReadAsync(NetworkStream connection)
    {
        var receipt = await new FrameSource(PipeReader.Create(connection), 4096).ReadAsync(CancellationToken.None);
        return receipt.Frame is { } frame ? HandshakeFrames.Decode(frame, out _) : null;
    }

    /// <summary>No one answers at the peer's address any more; what was accepted stays.</summary>
    public void StopListening() => _listener.Dispose();

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        foreach (var socket in _accepted) socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync();
                _accepted.Add(socket);
                var stream = new NetworkStream(socket);
                if (await ReadAsync(stream) is not null)
                {
                    await stream.WriteAsync(HandshakeFrames.Encode(new Handshake.Accepted("web", Self), Self));
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // The test has stopped listening.
        }
    }
}
