using System.Buffers;

namespace Understudy.Transport.Protocol;

/// <summary>Writes whole frames.</summary>
public static class FrameWriter
{
    /// <summary>Writes a header and its body.</summary>
    public static void Write(IBufferWriter<byte> output, in FrameHeader header, ReadOnlySpan<byte> body)
    {
        var frame = output.GetSpan(FrameHeader.Length + body.Length)[..(FrameHeader.Length + body.Length)];
        body.CopyTo(frame[FrameHeader.Length..]);
        header.Complete(frame);
        output.Advance(frame.Length);
    }
}
