using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Understudy.Transport.Tests;

internal record TextMessage(string Text) : Message;

/// <summary>One that may be late.</summary>
internal sealed record LateMessage(string Name, string Text) : TextMessage(Text)
{
    protected internal override object? LateName => Name;

    protected internal override int LateBytes => Text.Length;
}

/// <summary>Messages of this test project: UTF-8 behind a layer. The text "bad" is damaged.</summary>
internal sealed class TextCodec : IMessageCodec
{
    public Layer Encode(Message message, IBufferWriter<byte> output)
    {
        Encoding.UTF8.GetBytes(((TextMessage)message).Text, output);
        return Layer.Membership;
    }

    public bool TryDecode(
        Layer layer,
        ReadOnlyMemory<byte> body,
        [NotNullWhen(true)] out Message? message,
        [NotNullWhen(false)] out string? reason)
    {
        var text = Encoding.UTF8.GetString(body.Span);
        message = text == "bad" ? null : new TextMessage(text);
        reason = message is null ? "it says so itself" : null;
        return message is not null;
    }
}
