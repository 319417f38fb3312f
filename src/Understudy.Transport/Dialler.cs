using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Understudy.Kernel;
using Understudy.Transport.Protocol;

namespace Understudy.Transport;

/// <summary>Dials one peer for ever, so that this node's frames have a connection to it.</summary>
internal sealed class Dialler(PeerLink link, IPEndPoint address, TcpTransport transport)
{
    private readonly TransportOptions _options = transport.Options;

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var backoff = _options.FirstBackoff;
        try
        {
            while (!transport.IsStopping)
            {
                var began = transport.Clock.GetTimestamp();
                var wasAccepted = await DialAsync(transport.Self!, cancellationToken);
                var stood = wasAccepted && transport.Clock.GetElapsedTime(began) > _options.LastBackoff;
                if (stood) backoff = _options.FirstBackoff;

                // Two nodes that close each other's connections must not do so in a hot loop.
                if (wasAccepted && !stood) await Task.Delay(backoff, transport.Clock, cancellationToken);
                else await link.WaitToDialAsync(backoff, cancellationToken);

                backoff = backoff * 2 < _options.LastBackoff ? backoff * 2 : _options.LastBackoff;
            }
        }
        catch (OperationCanceledException)
        {
            // The transport is stopping.
        }
    }

    /// <summary>One connection, from its first attempt to its end.</summary>
    /// <returns>True if the peer accepted it.</returns>
    private async Task<bool> DialAsync(PeerIdentity asSelf, CancellationToken cancellationToken)
    {
        if (await ConnectAsync(cancellationToken) is not { } stream) return false;
        await using (stream)
        {
            var source = new FrameSource(PipeReader.Create(stream), HandshakeCodec.MaxBytes);
            if (await GreetAsync(stream, source, asSelf, cancellationToken) is not { } peer) return false;

            var connection = new OutgoingConnection(peer, stream, _options.MaxOutboundBytes, link.Break);
            if (!link.TryAdd(connection, asSelf.Member)) return true;

            // The peer says nothing more but why it closes. Reading makes its end known at once.
            var receipt = await source.ReadAsync(cancellationToken);
            link.Break(connection.Number, Describe(receipt));
            return true;
        }
    }

    private async Task<Stream?> ConnectAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.ConnectTimeout, transport.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        Socket? socket = null;
        try
        {
            // It may fail, too: when there are too many open files.
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(address, either.Token);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return _options.WrapOutgoing is { } wrap ? await wrap(stream, link.Node, either.Token) : stream;
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            socket?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    private async Task<PeerIdentity?> GreetAsync(
        Stream stream, FrameSource source, PeerIdentity asSelf, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.HandshakeTimeout, transport.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var hello = new Handshake.Hello(HelloPurpose.Channel, _options.ClusterName, asSelf, link.Node);
        try
        {
            await stream.WriteAsync(HandshakeFrames.Encode(hello, asSelf), either.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }

        var receipt = await source.ReadAsync(either.Token);
        cancellationToken.ThrowIfCancellationRequested();
        return receipt.Ended is null ? Judge(receipt, asSelf) : null;
    }

    private PeerIdentity? Judge(FrameReceipt receipt, PeerIdentity asSelf)
    {
        var fault = receipt.Fault;
        var answer = receipt.Frame is { } frame ? HandshakeFrames.Decode(frame, out fault) : null;
        var refused = answer switch
        {
            Handshake.Accepted accepted => transport.Admission.Judge(accepted, link.Node, asSelf),
            Handshake.Refused refusedByPeer => refusedByPeer,
            _ => new Handshake.Refused(RefusalCode.Damaged, fault ?? "damaged handshake: no answer to a Hello"),
        };
        if (refused is null) return ((Handshake.Accepted)answer!).From;

        if (refused.Code != RefusalCode.NotReady) transport.Report(link.Node, refused);
        return null;
    }

    private static string Describe(FrameReceipt receipt)
    {
        if (receipt.Frame is { } frame && HandshakeFrames.Decode(frame, out _) is Handshake.Refused refused)
        {
            return $"the peer closed it: {refused.Text}";
        }

        return receipt.Ended ?? receipt.Fault ?? "the peer sent a frame where none may come";
    }
}
