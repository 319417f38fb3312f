using System.Buffers.Binary;
using Understudy.Kernel;

namespace Understudy.Transport.Protocol;

/// <summary>
/// What stands before every body on the wire: whose it is, from which incarnation to which. 64 bytes, little endian:
/// <code>
///  0  magic "USFR"          4
///  4  body length           4
///  8  format version        2
/// 10  layer                 1
/// 11  zero                  1
/// 12  CRC-32C of all other bytes of header and body   4
/// 16  cluster id, 0 while blank                      16
/// 32  source incarnation: counter, nonce             16
/// 48  destination incarnation: counter, nonce        16   (0 in a Hello: not known yet)
/// </code>
/// </summary>
/// <param name="Layer">Whose bytes the body is.</param>
/// <param name="Cluster">The sender's cluster, or null while it is blank.</param>
/// <param name="Source">The sender's incarnation.</param>
/// <param name="Destination">The incarnation that the frame is for; the default in a handshake.</param>
public readonly record struct FrameHeader(
    Layer Layer, ClusterId? Cluster, Incarnation Source, Incarnation Destination)
{
    /// <summary>The length of a header, in bytes.</summary>
    public const int Length = 64;

    /// <summary>The format of frames and handshakes that this build speaks.</summary>
    public const ushort FormatVersion = 1;

    internal const uint Magic = 0x5246_5355;
    internal const int LengthOffset = 4;
    internal const int VersionOffset = 8;
    internal const int LayerOffset = 10;
    internal const int ReservedOffset = 11;
    internal const int ChecksumOffset = 12;
    internal const int AddressOffset = 16;

    /// <summary>Fills the first 64 bytes of a frame, whose body is already in place behind them.</summary>
    public void Complete(Span<byte> frame)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(frame[LengthOffset..], frame.Length - Length);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[VersionOffset..], FormatVersion);
        frame[LayerOffset] = (byte)Layer;
        frame[ReservedOffset] = 0;
        BinaryPrimitives.WriteUInt128LittleEndian(frame[16..], Cluster?.Value ?? 0);
        WriteIncarnation(frame[32..], Source);
        WriteIncarnation(frame[48..], Destination);
        BinaryPrimitives.WriteUInt32LittleEndian(
            frame[ChecksumOffset..],
            Checksum.Of(frame[..ChecksumOffset], frame[AddressOffset..Length], frame[Length..]));
    }

    /// <summary>Reads the fields of 64 bytes that were found sound.</summary>
    internal static FrameHeader Parse(ReadOnlySpan<byte> header)
    {
        var cluster = BinaryPrimitives.ReadUInt128LittleEndian(header[16..]);
        return new FrameHeader(
            (Layer)header[LayerOffset],
            cluster == 0 ? null : new ClusterId(cluster),
            ReadIncarnation(header[32..]),
            ReadIncarnation(header[48..]));
    }

    internal static void WriteIncarnation(Span<byte> output, Incarnation incarnation)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(output, incarnation.Counter);
        BinaryPrimitives.WriteUInt64LittleEndian(output[8..], incarnation.Nonce);
    }

    internal static Incarnation ReadIncarnation(ReadOnlySpan<byte> input) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(input), BinaryPrimitives.ReadUInt64LittleEndian(input[8..]));
}
