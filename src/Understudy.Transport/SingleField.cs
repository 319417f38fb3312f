namespace Understudy.Transport;

/// <summary>
/// Says whether a body is one protobuf field that fills it: the form of every control message. Checked before it is
/// parsed, so that a few damaged bytes cannot make the parser build one message after the other.
/// </summary>
public static class SingleField
{
    private const int LengthDelimited = 2;

    /// <summary>Whether the body is one length-delimited field and nothing else.</summary>
    public static bool Fills(ReadOnlySpan<byte> body) =>
        TryReadVarint(ref body, out var tag) && (tag & 7) == LengthDelimited &&
        TryReadVarint(ref body, out var length) && length == (uint)body.Length;

    private static bool TryReadVarint(ref ReadOnlySpan<byte> bytes, out uint value)
    {
        value = 0;
        for (var i = 0; i < Math.Min(bytes.Length, 5); i++)
        {
            value |= (uint)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] >= 0x80) continue;
            bytes = bytes[(i + 1)..];
            return true;
        }

        return false;
    }
}
