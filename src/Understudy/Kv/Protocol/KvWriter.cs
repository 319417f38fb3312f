using System.Buffers.Binary;
using System.Text;
using Understudy.Kernel;

namespace Understudy.Kv;

/// <summary>Writes kv's binary formats into an array of exactly the right size. Little-endian.</summary>
internal sealed class KvWriter(int sizeBytes)
{
    private static readonly UTF8Encoding _strict = new(false, throwOnInvalidBytes: true);

    private readonly byte[] _bytes = new byte[sizeBytes];
    private int _at;

    public static int SizeOf(string key) => 2 + _strict.GetByteCount(key);

    public static int SizeOf(ReadOnlyMemory<byte> value) => 4 + value.Length;

    public KvWriter Byte(byte value)
    {
        _bytes[_at++] = value;
        return this;
    }

    public KvWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_at), value);
        _at += 4;
        return this;
    }

    public KvWriter Count(long value)
    {
        Invariant.Holds(value >= 0, "kv: a count is never negative");
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(_at), value);
        _at += 8;
        return this;
    }

    public KvWriter Key(string key)
    {
        var length = _strict.GetBytes(key, _bytes.AsSpan(_at + 2));
        Invariant.Holds(length is > 0 and <= KvLimits.KeyBytes, "kv: a key has 1 to 1024 bytes");
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(_at), (ushort)length);
        _at += 2 + length;
        return this;
    }

    public KvWriter Value(ReadOnlyMemory<byte> value)
    {
        UInt32((uint)value.Length);
        value.Span.CopyTo(_bytes.AsSpan(_at));
        _at += value.Length;
        return this;
    }

    public byte[] Finish()
    {
        Invariant.Holds(_at == _bytes.Length, "kv: an encoding has the size that was computed for it");
        return _bytes;
    }
}
