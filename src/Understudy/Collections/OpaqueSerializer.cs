using System.Buffers;

namespace Understudy;

/// <summary>Keeps bytes as they came.</summary>
internal sealed class OpaqueSerializer : IReplicatedSerializer<OpaqueBytes>
{
    public static OpaqueSerializer Instance { get; } = new();

    public void Write(OpaqueBytes value, IBufferWriter<byte> output) => output.Write(value.Span);

    public OpaqueBytes Read(ReadOnlySpan<byte> bytes) => new(bytes.ToArray());
}
