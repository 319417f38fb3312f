using System.Buffers;

namespace Understudy;

/// <summary>Writes numbers (LEB128) and fields (length and bytes). Not thread-safe; used again and again.</summary>
internal sealed class FieldWriter
{
    private const int KeptBytes = 256 * 1024;

    private ArrayBufferWriter<byte> _output = new(256);
    private ArrayBufferWriter<byte> _field = new(256);

    public int Length => _output.WrittenCount;

    public ReadOnlyMemory<byte> Written => _output.WrittenMemory;

    public void Reset()
    {
        // One large transaction must not hold its memory for ever.
        _output = Emptied(_output);
        _field = Emptied(_field);
    }

    public void Byte(byte value) => _output.Write([value]);

    public void Raw(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    public void Number(ulong value)
    {
        var bytes = _output.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7) bytes[length++] = (byte)(value | 0x80);
        bytes[length++] = (byte)value;
        _output.Advance(length);
    }

    /// <summary>A number with a sign; small ones of either sign are short.</summary>
    public void Signed(long value) => Number((ulong)(value << 1 ^ value >> 63));

    public void Field(ReadOnlySpan<byte> bytes)
    {
        Number((ulong)bytes.Length);
        Raw(bytes);
    }

    public void Field<T>(IReplicatedSerializer<T> serializer, T value)
    {
        _field.ResetWrittenCount();
        serializer.Write(value, _field);
        Field(_field.WrittenSpan);
    }

    private static ArrayBufferWriter<byte> Emptied(ArrayBufferWriter<byte> buffer)
    {
        if (buffer.Capacity > KeptBytes) return new ArrayBufferWriter<byte>(256);
        buffer.ResetWrittenCount();
        return buffer;
    }
}
