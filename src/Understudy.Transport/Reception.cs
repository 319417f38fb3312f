using System.Net.Sockets;
using Understudy.Kernel;
using Understudy.Transport.Protocol;

namespace Understudy.Transport;

/// <summary>Serves one incoming connection on a thread of its own: its handshake, then the peer's frames.</summary>
internal sealed class Reception(Socket socket, Stream stream, TcpTransport transport)
{
    private readonly Incoming _incoming = new(socket, stream);

    /// <summary>Answers the Hello.</summary>
    /// <returns>The accepted connection, or null if there is nothing more to do.</returns>
    public IncomingConnection? Greet()
    {
        var wait = (int)transport.Options.HandshakeTimeout.TotalMilliseconds;
        (socket.ReceiveTimeout, socket.SendTimeout) = (wait, wait);
        if (ReadHello() is not { } receipt) return null;
        if (transport.IsStopping || transport.Self is not { } asSelf)
        {
            Send(new Handshake.Refused(RefusalCode.NotReady, "the node starts or stops"), null);
            return null;
        }

        var fault = receipt.Fault;
        var hello = receipt.Frame is { } frame ? HandshakeFrames.Decode(frame, out fault) as Handshake.Hello : null;
        if (hello is null)
        {
            var damaged = new Handshake.Refused(RefusalCode.Damaged, fault ?? "damaged handshake: no Hello came first");
            Refuse(null, damaged, asSelf);
            return null;
        }

        if (transport.Admission.Judge(hello, asSelf) is { } refused)
        {
            Refuse(hello.From.Member.Node, refused, asSelf);
            return null;
        }

        if (hello.Purpose == HelloPurpose.Channel) return Accept(hello.From, asSelf);
        Send(new Handshake.Accepted(transport.Options.ClusterName, asSelf), asSelf);
        return null;
    }

    /// <summary>Hands on the peer's frames until the connection ends.</summary>
    public void Receive(IncomingConnection connection)
    {
        var link = transport.LinkTo(connection.Peer.Member.Node);
        var reason = "receiving failed";
        socket.ReceiveTimeout = 0;
        _incoming.Allow(transport.Options.MaxFrameBodyBytes);
        try
        {
            reason = Deliver(connection, link);
        }
        finally
        {
            link.Break(connection.Number, reason);
        }
    }

    /// <summary>Delivers frame after frame.</summary>
    /// <returns>Why there are no more.</returns>
    private string Deliver(IncomingConnection connection, PeerLink link)
    {
        while (true)
        {
            while (_incoming.TryTake(out var receipt))
            {
                if (Judge(receipt, connection, out var message) is { } refused)
                {
                    connection.EndByItself();
                    Refuse(connection.Peer.Member.Node, refused, transport.Self);
                    return refused.Text;
                }

                if (!link.Deliver(connection, message!)) return "the channel is lost";
            }

            transport.ReceivedAll();
            if (_incoming.Wait() is { } ended) return ended;
        }
    }

    private FrameReceipt? ReadHello()
    {
        var began = transport.Clock.GetTimestamp();
        FrameReceipt receipt;
        while (!_incoming.TryTake(out receipt))
        {
            if (_incoming.Wait() is not null) return null;
            if (transport.Clock.GetElapsedTime(began) > transport.Options.HandshakeTimeout) return null;
        }

        return receipt;
    }

    private Handshake.Refused? Judge(FrameReceipt receipt, IncomingConnection incoming, out Message? message)
    {
        message = null;
        if (receipt.Frame is not { } frame) return new Handshake.Refused(RefusalCode.Damaged, receipt.Fault!);
        if (transport.Self is not { } asSelf) return new Handshake.Refused(RefusalCode.NotReady, "the node stops");
        if (Admission.Judge(frame.Header, incoming.Peer.Member, asSelf) is { } refused) return refused;
        if (transport.Codec.TryDecode(frame.Header.Layer, frame.Body, out message, out var reason)) return null;
        return new Handshake.Refused(
            RefusalCode.Damaged, $"damaged message of {frame.Header.Layer} from {incoming.Peer.Member}: {reason}");
    }

    private IncomingConnection? Accept(PeerIdentity peer, PeerIdentity asSelf)
    {
        var node = peer.Member.Node;
        var connection = new IncomingConnection(peer, socket);
        MemberId? gone = null;
        while (!transport.LinkTo(node).TryAdd(connection, asSelf.Member, gone, out var rival))
        {
            if (rival is not { } living)
            {
                Send(new Handshake.Refused(RefusalCode.NotReady, "a new incarnation begins"), asSelf);
                return null;
            }

            if (transport.Prober.Answers(living, asSelf))
            {
                Refuse(node, Admission.Duplicate(node, living.Incarnation), asSelf);
                return null;
            }

            gone = living;
        }

        Send(new Handshake.Accepted(transport.Options.ClusterName, asSelf), asSelf, peer.Member.Incarnation);
        return connection;
    }

    private void Refuse(NodeId? peer, Handshake.Refused refused, PeerIdentity? asSelf)
    {
        transport.Report(peer, refused);
        Send(refused, asSelf);
    }

    private void Send(Handshake handshake, PeerIdentity? asSelf, Incarnation to = default) =>
        _incoming.Send(HandshakeFrames.Encode(handshake, asSelf, to));
}
