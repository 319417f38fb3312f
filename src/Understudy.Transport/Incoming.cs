using System.Buffers;
using System.Net.Sockets;
using Understudy.Transport.Protocol;

namespace Understudy.Transport;

/// <summary>
/// What comes in on one connection. It is read by the thread that waits for it, without any other between the socket
/// and the frame: each would add its wake-up to every message. A broken connection is a value, not an exception.
/// </summary>
internal sealed class Incoming
{
    private const int BufferBytes = 64 * 1024;

    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly FrameReader _reader = new(HandshakeCodec.MaxBytes);
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _from;
    private int _to;

    /// <param name="socket">The connection. Nothing asynchronous may be done with it: it would block no more.</param>
    /// <param name="stream">What it is read and written by; with TLS, what is wrapped around it.</param>
    public Incoming(Socket socket, Stream stream) => (_socket, _stream) = (socket, stream);

    /// <summary>Raises the limit of a handshake to that of the channel.</summary>
    public void Allow(int maxBodyBytes) => _reader.MaxBodyBytes = maxBodyBytes;

    /// <summary>Takes the next frame out of what has come.</summary>
    /// <returns>False if no whole frame has.</returns>
    public bool TryTake(out FrameReceipt receipt)
    {
        receipt = default;
        var input = new ReadOnlySequence<byte>(_buffer, _from, _to - _from);
        var progress = _reader.Read(ref input, out var frame, out var refusal);
        _from = _to - (int)input.Length;
        if (progress == FrameProgress.Incomplete) return false;
        receipt = progress == FrameProgress.Complete
            ? new FrameReceipt(frame, null, null)
            : new FrameReceipt(null, refusal, null);
        return true;
    }

    /// <summary>Waits until more has come. All that came before must have been taken.</summary>
    /// <returns>Null, or how the connection ended.</returns>
    public string? Wait()
    {
        (_from, _to) = (0, 0);
        try
        {
            var error = SocketError.Success;
            _to = _stream is NetworkStream
                ? _socket.Receive(_buffer, SocketFlags.None, out error)
                : _stream.Read(_buffer);
            if (error is SocketError.Success) return _to == 0 ? "the peer closed the connection" : null;
            return new SocketException((int)error).Message;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return e.GetBaseException().Message;
        }
    }

    /// <summary>Sends bytes, if the connection stands; if not, whoever waits next learns that.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _stream.Write(bytes);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
        }
    }
}
