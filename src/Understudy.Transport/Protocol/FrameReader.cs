using System.Buffers;
using System.Buffers.Binary;

namespace Understudy.Transport.Protocol;

/// <summary>What the reader made of the bytes it was given.</summary>
public enum FrameProgress
{
    /// <summary>All bytes were taken; the frame is not complete yet.</summary>
    Incomplete,

    /// <summary>A frame is complete.</summary>
    Complete,

    /// <summary>The bytes are no frame that may be accepted. Nothing more can be read from this connection.</summary>
    Refused,
}

/// <summary>A frame whose checksum was right.</summary>
/// <param name="Header">Whose it is, from whom to whom.</param>
/// <param name="Body">Its bytes, owned by whoever gets the frame.</param>
public readonly record struct Frame(FrameHeader Header, ReadOnlyMemory<byte> Body);

/// <summary>
/// Takes frames out of a stream of bytes, however they are cut. Never throws on bad bytes, and allocates one body of at
/// most the limit at a time: a length is checked before anything is buffered for it.
/// </summary>
/// <param name="maxBodyBytes">The longest body that is accepted.</param>
public sealed class FrameReader(int maxBodyBytes)
{
    private readonly byte[] _header = new byte[FrameHeader.Length];
    private int _headerFilled;
    private byte[]? _body;
    private int _bodyFilled;

    /// <summary>The longest body that is accepted. Small during a handshake, larger after it.</summary>
    public int MaxBodyBytes { get; set; } = maxBodyBytes;

    /// <summary>True when the stream may end here: no frame has begun.</summary>
    public bool IsBetweenFrames => _headerFilled == 0;

    /// <summary>Takes bytes from the front of the input until a frame is complete or the input is used up.</summary>
    /// <param name="input">What was received; what is left of it afterwards belongs to the next frame.</param>
    /// <param name="frame">The frame, if one is complete.</param>
    /// <param name="refusal">Why the bytes were refused, if they were.</param>
    public FrameProgress Read(ref ReadOnlySequence<byte> input, out Frame frame, out string? refusal)
    {
        frame = default;
        refusal = null;
        if (_body is null)
        {
            Fill(_header, ref _headerFilled, ref input);
            if (_headerFilled < FrameHeader.Length) return FrameProgress.Incomplete;
            refusal = FindFault(_header, MaxBodyBytes);
            if (refusal is not null) return FrameProgress.Refused;
            _body = GC.AllocateUninitializedArray<byte>(BodyLength(_header));
        }

        Fill(_body, ref _bodyFilled, ref input);
        if (_bodyFilled < _body.Length) return FrameProgress.Incomplete;
        return Finish(out frame, out refusal);
    }

    private FrameProgress Finish(out Frame frame, out string? refusal)
    {
        frame = new Frame(FrameHeader.Parse(_header), _body);
        refusal = HasRightChecksum(_header, _body) ? null : "damaged frame: its checksum is wrong";
        _headerFilled = 0;
        _bodyFilled = 0;
        _body = null;
        return refusal is null ? FrameProgress.Complete : FrameProgress.Refused;
    }

    private static string? FindFault(ReadOnlySpan<byte> header, int maxBodyBytes)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != FrameHeader.Magic) return "not a frame: wrong magic";
        var version = BinaryPrimitives.ReadUInt16LittleEndian(header[FrameHeader.VersionOffset..]);
        if (version != FrameHeader.FormatVersion)
        {
            return $"unknown format version {version}: this build speaks {FrameHeader.FormatVersion}";
        }

        var length = (uint)BodyLength(header);
        if (length > (uint)maxBodyBytes) return $"too long frame: {length} bytes, the limit is {maxBodyBytes}";
        if (header[FrameHeader.LayerOffset] > (byte)Layer.Checkpoint) return "damaged frame: unknown layer";
        return header[FrameHeader.ReservedOffset] == 0 ? null : "damaged frame: a reserved byte is not zero";
    }

    private static bool HasRightChecksum(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        var expected = BinaryPrimitives.ReadUInt32LittleEndian(header[FrameHeader.ChecksumOffset..]);
        return Checksum.Of(header[..FrameHeader.ChecksumOffset], header[FrameHeader.AddressOffset..], body) == expected;
    }

    private static int BodyLength(ReadOnlySpan<byte> header) =>
        BinaryPrimitives.ReadInt32LittleEndian(header[FrameHeader.LengthOffset..]);

    private static void Fill(byte[] target, ref int filled, ref ReadOnlySequence<byte> input)
    {
        var taken = input.Slice(0, Math.Min(input.Length, target.Length - filled));
        taken.CopyTo(target.AsSpan(filled));
        filled += (int)taken.Length;
        input = input.Slice(taken.End);
    }
}
