namespace Understudy;

/// <summary>Reads what <see cref="FieldWriter"/> wrote; what cannot be is refused.</summary>
/// <param name="bytes">All of them.</param>
/// <param name="source">What they are, for messages: "checkpoint" or "snapshot".</param>
internal ref struct FieldReader(ReadOnlySpan<byte> bytes, string source)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public readonly string Source => source;

    public byte Byte()
    {
        if (_rest.IsEmpty) throw EndsEarly();
        var value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    public ulong Number()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            if (shift == 63 && next > 1) break;
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw Refused("a number in it is too large");
    }

    public long Signed()
    {
        var value = Number();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public ReadOnlySpan<byte> Field() => Take(Number());

    /// <summary>Takes so many bytes; the length stands before them.</summary>
    public ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_rest.Length) throw EndsEarly();
        var field = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return field;
    }

    /// <param name="serializer">Reads the field's bytes.</param>
    /// <param name="collection">Whose key or value it is, for the message.</param>
    public T Value<T>(IReplicatedSerializer<T> serializer, string collection)
    {
        var field = Field();
        try
        {
            return serializer.Read(field);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The application's own code: whatever it throws, the bytes are not what it wrote.
            throw Refused($"bytes of '{collection}' cannot be read as {typeof(T).Name}: {e.Message}", e);
        }
    }

    public readonly StateRefusedException Refused(string reason, Exception? because = null) =>
        new($"A {source} was refused: {reason}.", because);

    private readonly StateRefusedException EndsEarly() => Refused("it ends early");
}
