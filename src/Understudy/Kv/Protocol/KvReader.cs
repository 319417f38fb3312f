using System.Buffers.Binary;
using System.Text;

namespace Understudy.Kv;

/// <summary>
/// Reads kv's binary formats. Every length is checked against what is left before it is used; after the first thing
/// that does not fit, <see cref="Failure"/> says what, and all further reads give nothing.
/// </summary>
internal ref struct KvReader(ReadOnlyMemory<byte> bytes)
{
    private static readonly UTF8Encoding _strict = new(false, throwOnInvalidBytes: true);

    private ReadOnlyMemory<byte> _rest = bytes;

    public string? Failure { get; private set; }

    public byte Byte(string what) => Take(1, what) is { Length: 1 } taken ? taken.Span[0] : (byte)0;

    public uint UInt32(string what) =>
        Take(4, what) is { Length: 4 } taken ? BinaryPrimitives.ReadUInt32LittleEndian(taken.Span) : 0;

    /// <summary>A number that is never negative.</summary>
    public long Count(string what)
    {
        if (Take(8, what) is not { Length: 8 } taken) return 0;
        var value = BinaryPrimitives.ReadInt64LittleEndian(taken.Span);
        if (value < 0) Fail($"{what} is negative");
        return value;
    }

    public string Key()
    {
        if (Take(2, "key length") is not { Length: 2 } lengthBytes) return "";
        var length = BinaryPrimitives.ReadUInt16LittleEndian(lengthBytes.Span);
        if (length is 0 or > KvLimits.KeyBytes) Fail($"key is {length} bytes long");
        var taken = Take(length, "key");
        if (Failure is not null) return "";
        try
        {
            return _strict.GetString(taken.Span);
        }
        catch (DecoderFallbackException)
        {
            Fail("key is not UTF-8");
            return "";
        }
    }

    /// <summary>A slice of the input, not a copy.</summary>
    public ReadOnlyMemory<byte> Value()
    {
        var length = UInt32("value length");
        if (length <= int.MaxValue) return Take((int)length, "value");
        Fail("value is cut off");
        return default;
    }

    /// <summary>Says that nothing may be left.</summary>
    public void End()
    {
        if (!_rest.IsEmpty) Fail($"{_rest.Length} bytes too many");
    }

    public void Fail(string reason) => Failure ??= reason;

    private ReadOnlyMemory<byte> Take(int count, string what)
    {
        if (_rest.Length < count) Fail($"{what} is cut off");
        if (Failure is not null) return default;
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
