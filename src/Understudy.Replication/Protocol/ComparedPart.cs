using System.Buffers.Binary;

namespace Understudy.Replication.Protocol;

/// <summary>
/// A request's body that begins with the part that tells it from others: sent again under its key by another way, it
/// is the same request if that part is the same. Any other body is compared as a whole.
/// <code>
///  0  8 bytes  a mark
///  8  u32      length of the part, little endian
/// 12           the part, and then what is not compared
/// </code>
/// </summary>
public static class ComparedPart
{
    private const int Header = 12;

    /// <summary>Puts the two together.</summary>
    public static byte[] Join(ReadOnlySpan<byte> compared, ReadOnlySpan<byte> rest)
    {
        var body = new byte[Header + compared.Length + rest.Length];
        Mark.CopyTo(body);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(Mark.Length), compared.Length);
        compared.CopyTo(body.AsSpan(Header));
        rest.CopyTo(body.AsSpan(Header + compared.Length));
        return body;
    }

    /// <summary>Takes them apart; false of a body that does not begin so.</summary>
    public static bool TrySplit(
        ReadOnlyMemory<byte> body, out ReadOnlyMemory<byte> compared, out ReadOnlyMemory<byte> rest)
    {
        (compared, rest) = (body, default);
        if (body.Length < Header || !body.Span.StartsWith(Mark)) return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(body.Span[Mark.Length..]);
        if (length < 0 || length > body.Length - Header) return false;
        (compared, rest) = (body.Slice(Header, length), body[(Header + length)..]);
        return true;
    }

    private static ReadOnlySpan<byte> Mark => [0xFE, 0xC0, (byte)'p', (byte)'a', (byte)'r', (byte)'t', 0x00, 0xFD];
}
