using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Understudy.Transport;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Turns replication's control messages and the registry's records into bytes and back (replication.proto). What
/// comes from the wire is refused with a reason if it is damaged. Bulk bytes are <see cref="CheckpointCodec"/>'s.
/// </summary>
public static partial class ReplicationCodec
{
    /// <summary>
    /// The longest body in bytes: some three hundred services with three providers each; a longer order comes in parts.
    /// Damaged bytes can make the parser allocate up to 64 times as much, which is a frame's limit.
    /// </summary>
    public const int MaxBody = 64 * 1024;

    private static readonly MessageParser<Wire.Envelope> EnvelopeParser =
        Wire.Envelope.Parser.WithDiscardUnknownFields(true);

    private static readonly MessageParser<Wire.ServiceDefinition> DefinitionParser =
        Wire.ServiceDefinition.Parser.WithDiscardUnknownFields(true);

    private static readonly MessageParser<Wire.ServiceEntry> EntryParser =
        Wire.ServiceEntry.Parser.WithDiscardUnknownFields(true);

    /// <summary>Writes the message's bytes.</summary>
    /// <exception cref="ArgumentException">It is no control message.</exception>
    public static void Encode(ReplicationMessage message, IBufferWriter<byte> output) =>
        ToWire(message).WriteTo(output);

    /// <summary>Reads a message. Damaged bytes give false and a reason, never an exception.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> body,
        [NotNullWhen(true)] out ReplicationMessage? message,
        [NotNullWhen(false)] out string? reason)
    {
        message = null;
        reason = null;
        if (body.Length > MaxBody) reason = $"a replication message of {body.Length} bytes, the limit is {MaxBody}";
        else if (!SingleField.Fills(body)) reason = "a replication message is not one field";
        if (reason is not null) return false;

        try
        {
            message = FromWire(EnvelopeParser.ParseFrom(body), ref reason);
        }
        catch (InvalidProtocolBufferException damage)
        {
            reason = $"a replication message is damaged: {damage.Message}";
        }

        if (reason is not null) message = null;
        else if (message is null) reason = "a replication message of an unknown kind";
        return message is not null;
    }

    /// <summary>How long an entry is in a message.</summary>
    internal static int SizeOf(ServiceEntry entry) => ToWire(entry).CalculateSize();

    /// <summary>A definition's bytes, as the registry keeps them.</summary>
    public static byte[] EncodeDefinition(ServiceDefinition definition) => ToWire(definition).ToByteArray();

    /// <summary>Reads what <see cref="EncodeDefinition"/> gave.</summary>
    /// <exception cref="FormatException">They are not a definition's bytes.</exception>
    public static ServiceDefinition DecodeDefinition(ReadOnlySpan<byte> bytes)
    {
        string? fault = null;
        var definition = ToDefinition(Parse(DefinitionParser, bytes), ref fault);
        return fault is null && definition is not null
            ? definition
            : throw new FormatException($"A stored definition: {fault}.");
    }

    /// <summary>The bytes of a service with its configuration, as the registry keeps them.</summary>
    public static byte[] EncodeServiceEntry(ServiceEntry entry) => ToWire(entry).ToByteArray();

    /// <summary>Reads what <see cref="EncodeServiceEntry"/> gave.</summary>
    /// <exception cref="FormatException">They are not an entry's bytes.</exception>
    public static ServiceEntry DecodeServiceEntry(ReadOnlySpan<byte> bytes)
    {
        string? fault = null;
        var entry = ToEntry(Parse(EntryParser, bytes), ref fault);
        return fault is null && entry is not null
            ? entry
            : throw new FormatException($"A stored service entry: {fault}.");
    }

    private static T Parse<T>(MessageParser<T> parser, ReadOnlySpan<byte> bytes)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException damage)
        {
            throw new FormatException($"A stored record is damaged: {damage.Message}", damage);
        }
    }
}
