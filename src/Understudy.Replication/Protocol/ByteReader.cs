using System.Buffers.Binary;
using System.Text;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>Reads what <see cref="ByteWriter"/> wrote and a checksum has covered since.</summary>
internal ref struct ByteReader(ReadOnlyMemory<byte> input)
{
    private ReadOnlyMemory<byte> _input = input;

    public byte Byte()
    {
        var value = _input.Span[0];
        _input = _input[1..];
        return value;
    }

    public long Int64()
    {
        var value = BinaryPrimitives.ReadInt64LittleEndian(_input.Span);
        _input = _input[8..];
        return value;
    }

    public ReadOnlyMemory<byte> Bytes()
    {
        var length = checked((int)Int64());
        var bytes = _input[..length];
        _input = _input[length..];
        return bytes;
    }

    public string Text() => Encoding.UTF8.GetString(Bytes().Span);

    public MemberId Member() => new(new NodeId(Text()), new Incarnation((ulong)Int64(), (ulong)Int64()));

    public ReadOnlyMemory<byte> Rest() => _input;
}
