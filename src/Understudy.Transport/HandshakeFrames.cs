using Understudy.Kernel;
using Understudy.Transport.Protocol;

namespace Understudy.Transport;

/// <summary>Whole frames that carry a handshake.</summary>
internal static class HandshakeFrames
{
    /// <summary>The bytes of a frame from this node with this handshake.</summary>
    public static byte[] Encode(Handshake handshake, PeerIdentity? self, Incarnation to = default)
    {
        Span<byte> frame = stackalloc byte[FrameHeader.Length + HandshakeCodec.MaxBytes];
        var length = FrameHeader.Length + HandshakeCodec.Write(frame[FrameHeader.Length..], handshake);
        new FrameHeader(Layer.Transport, self?.Cluster, self?.Member.Incarnation ?? default, to)
            .Complete(frame[..length]);
        return frame[..length].ToArray();
    }

    /// <summary>The handshake in a frame, or null and the reason.</summary>
    public static Handshake? Decode(in Frame frame, out string? fault)
    {
        if (frame.Header.Layer != Layer.Transport)
        {
            fault = "damaged handshake: a layer's frame came before it";
            return null;
        }

        return HandshakeCodec.TryRead(frame.Body.Span, out var handshake, out fault) ? handshake : null;
    }
}
