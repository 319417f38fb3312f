using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Understudy.Transport;

namespace Understudy.Selection.Protocol;

/// <summary>
/// Turns selection's messages and the RM's configuration into bytes and back (selection.proto). What comes from the
/// wire is refused with a reason if it is damaged.
/// </summary>
public static partial class SelectionCodec
{
    /// <summary>The longest body in bytes. No message has a list, so real ones are far shorter.</summary>
    public const int MaxBody = 4 * 1024;

    private static readonly MessageParser<Wire.Envelope> EnvelopeParser =
        Wire.Envelope.Parser.WithDiscardUnknownFields(true);

    private static readonly MessageParser<Wire.RmConfiguration> ConfigurationParser =
        Wire.RmConfiguration.Parser.WithDiscardUnknownFields(true);

    /// <summary>Writes the message's bytes.</summary>
    public static void Encode(SelectionMessage message, IBufferWriter<byte> output) => ToWire(message).WriteTo(output);

    /// <summary>Reads a message. Damaged bytes give false and a reason, never an exception.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> body,
        [NotNullWhen(true)] out SelectionMessage? message,
        [NotNullWhen(false)] out string? reason)
    {
        message = null;
        reason = null;
        if (body.Length > MaxBody) reason = $"a selection message of {body.Length} bytes, the limit is {MaxBody}";
        else if (!SingleField.Fills(body)) reason = "a selection message is not one field";
        if (reason is not null) return false;

        try
        {
            message = FromWire(EnvelopeParser.ParseFrom(body), ref reason);
        }
        catch (InvalidProtocolBufferException damage)
        {
            reason = $"a selection message is damaged: {damage.Message}";
        }

        if (reason is not null) message = null;
        else if (message is null) reason = "a selection message of an unknown kind";
        return message is not null;
    }

    /// <summary>The bytes of a view's attachment; the same configuration always has the same.</summary>
    public static byte[] EncodeConfiguration(RmConfiguration configuration) => ToWire(configuration).ToByteArray();

    /// <summary>
    /// Reads what <see cref="EncodeConfiguration"/> gave, in a view that was chosen or is this node's.
    /// </summary>
    /// <exception cref="FormatException">They are not a configuration's bytes.</exception>
    public static RmConfiguration DecodeConfiguration(ReadOnlySpan<byte> bytes) =>
        TryDecodeConfiguration(bytes, out var configuration, out var reason)
            ? configuration
            : throw new FormatException($"A view's attachment: {reason}.");

    /// <summary>Reads an attachment that a peer proposes. Damaged bytes give false and a reason.</summary>
    public static bool TryDecodeConfiguration(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out RmConfiguration? configuration,
        [NotNullWhen(false)] out string? reason)
    {
        configuration = null;
        reason = null;
        try
        {
            configuration = ToConfiguration(ConfigurationParser.ParseFrom(bytes), ref reason);
        }
        catch (InvalidProtocolBufferException damage)
        {
            reason = $"the RM's configuration is damaged: {damage.Message}";
        }

        if (reason is null && configuration is not null) return true;
        configuration = null;
        reason ??= "the RM's configuration is missing";
        return false;
    }
}
