using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Understudy.Transport;

/// <summary>Turns one layer's messages into bytes and back.</summary>
public interface IMessageCodec
{
    /// <summary>Writes the message's bytes.</summary>
    /// <returns>The layer whose frames carry it.</returns>
    Layer Encode(Message message, IBufferWriter<byte> output);

    /// <summary>Reads a message. Damaged bytes give false and a reason, never an exception.</summary>
    bool TryDecode(
        Layer layer,
        ReadOnlyMemory<byte> body,
        [NotNullWhen(true)] out Message? message,
        [NotNullWhen(false)] out string? reason);
}
