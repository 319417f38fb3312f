using Microsoft.AspNetCore.Connections;
using Understudy.Kernel;
using Understudy.Transport.Protocol;

namespace Understudy.Transport;

/// <summary>Serves one incoming connection: its handshake, then the peer's frames.</summary>
internal sealed class Reception(ConnectionContext connection, TcpTransport transport)
{
    private readonly FrameSource _source = new(connection.Transport.Input, HandshakeCodec.MaxBytes);

    /// <summary>Answers the Hello.</summary>
    /// <returns>The accepted connection, or null if there is nothing more to do.</returns>
    public async Task<IncomingConnection?> GreetAsync()
    {
        using var timeout = new CancellationTokenSource(transport.Options.HandshakeTimeout, transport.Clock);
        var receipt = await _source.ReadAsync(timeout.Token);
        if (receipt.Ended is not null) return null;
        if (transport.IsStopping || transport.Self is not { } asSelf)
        {
            await SendAsync(new Handshake.Refused(RefusalCode.NotReady, "the node starts or stops"), null);
            return null;
        }

        var fault = receipt.Fault;
        var hello = receipt.Frame is { } frame ? HandshakeFrames.Decode(frame, out fault) as Handshake.Hello : null;
        if (hello is null)
        {
            var damaged = new Handshake.Refused(RefusalCode.Damaged, fault ?? "damaged handshake: no Hello came first");
            await RefuseAsync(null, damaged, asSelf);
            return null;
        }

        if (transport.Admission.Judge(hello, asSelf) is { } refused)
        {
            await RefuseAsync(hello.From.Member.Node, refused, asSelf);
            return null;
        }

        if (hello.Purpose == HelloPurpose.Channel) return await AcceptAsync(hello.From, asSelf);
        await SendAsync(new Handshake.Accepted(transport.Options.ClusterName, asSelf), asSelf);
        return null;
    }

    /// <summary>Hands on the peer's frames until the connection ends.</summary>
    public async Task ReceiveAsync(IncomingConnection incoming)
    {
        var link = transport.LinkTo(incoming.Peer.Member.Node);
        var reason = "receiving failed";
        try
        {
            // The peer may have its side of the channel before we have ours: its frames wait until then.
            using (connection.ConnectionClosed.Register(() => BreakUnlessUp(link, incoming)))
            {
                if (!await incoming.MayDeliver) return;
            }

            reason = await DeliverAsync(incoming, link);
        }
        finally
        {
            link.Break(incoming.Number, reason);
        }
    }

    /// <summary>Delivers frame after frame.</summary>
    /// <returns>Why there are no more.</returns>
    private async Task<string> DeliverAsync(IncomingConnection incoming, PeerLink link)
    {
        _source.Allow(transport.Options.MaxFrameBodyBytes);
        while (true)
        {
            var receipt = await _source.ReadAsync(CancellationToken.None);
            if (receipt.Ended is { } how) return how;
            if (Judge(receipt, incoming, out var message) is { } refused)
            {
                incoming.EndByItself();
                await RefuseAsync(incoming.Peer.Member.Node, refused, transport.Self);
                return refused.Text;
            }

            if (!link.Deliver(incoming, message!)) return "the channel is lost";
        }
    }

    private static void BreakUnlessUp(PeerLink link, IncomingConnection incoming)
    {
        if (!incoming.MayDeliver.IsCompleted) link.Break(incoming.Number, "the peer closed the connection");
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

    private async Task<IncomingConnection?> AcceptAsync(PeerIdentity peer, PeerIdentity asSelf)
    {
        var node = peer.Member.Node;
        var incoming = new IncomingConnection(peer, connection);
        MemberId? gone = null;
        while (!transport.LinkTo(node).TryAdd(incoming, asSelf.Member, gone, out var rival))
        {
            if (rival is not { } living)
            {
                await SendAsync(new Handshake.Refused(RefusalCode.NotReady, "a new incarnation begins"), asSelf);
                return null;
            }

            if (await transport.Prober.AskAsync(living, asSelf))
            {
                await RefuseAsync(node, Admission.Duplicate(node, living.Incarnation), asSelf);
                return null;
            }

            gone = living;
        }

        await SendAsync(new Handshake.Accepted(transport.Options.ClusterName, asSelf), asSelf, peer.Member.Incarnation);
        return incoming;
    }

    private async Task RefuseAsync(NodeId? peer, Handshake.Refused refused, PeerIdentity? asSelf)
    {
        transport.Report(peer, refused);
        await SendAsync(refused, asSelf);
    }

    private async Task SendAsync(Handshake handshake, PeerIdentity? asSelf, Incarnation to = default)
    {
        try
        {
            await connection.Transport.Output.WriteAsync(HandshakeFrames.Encode(handshake, asSelf, to));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The connection is gone; whoever reads from it next learns that.
        }
    }
}
