using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>Writes a small, fixed, little-endian format.</summary>
internal sealed class ByteWriter
{
    private readonly ArrayBufferWriter<byte> _output = new(256);

    public void Byte(byte value)
    {
        _output.GetSpan(1)[0] = value;
        _output.Advance(1);
    }

    public void Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_output.GetSpan(8), value);
        _output.Advance(8);
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Int64(bytes.Length);
        _output.Write(bytes);
    }

    public void Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    public void Member(MemberId member)
    {
        Text(member.Node.Value);
        Int64((long)member.Incarnation.Counter);
        Int64((long)member.Incarnation.Nonce);
    }

    public void Raw(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    public ReadOnlyMemory<byte> ToMemory() => _output.WrittenMemory;
}
