using System.Buffers;
using Understudy.Transport;

namespace Understudy.Simulator.Machines;

/// <summary>Sends a message through the real codec and back; the two must say the same.</summary>
internal class MessageLoop(IMessageCodec codec)
{
    private readonly ArrayBufferWriter<byte> _first = new();
    private readonly ArrayBufferWriter<byte> _second = new();

    public static bool IsHeartbeat(Message message) =>
        message.GetType().Name.Contains("Heartbeat", StringComparison.Ordinal);

    /// <summary>The message as its receiver decodes it. Its own encoding must give the same bytes again.</summary>
    public virtual Message RoundTrip(Message message)
    {
        _first.ResetWrittenCount();
        _second.ResetWrittenCount();
        var layer = codec.Encode(message, _first);
        if (_first.WrittenCount > TransportOptions.UsualFrameBodyBytes)
        {
            throw new ViolationException("Codec", $"{message} is too long for a frame: {_first.WrittenCount} bytes");
        }

        // A copy: the decoded message may keep the bytes, and the buffer is used again.
        if (!codec.TryDecode(layer, _first.WrittenSpan.ToArray(), out var decoded, out var reason))
        {
            throw new ViolationException("Codec", $"{message} does not decode: {reason}");
        }

        codec.Encode(decoded, _second);
        if (!_first.WrittenSpan.SequenceEqual(_second.WrittenSpan))
        {
            throw new ViolationException("Codec", $"{message} came back as {decoded}");
        }

        return decoded;
    }
}
