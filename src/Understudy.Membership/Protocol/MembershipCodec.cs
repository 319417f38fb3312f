using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Understudy.Transport;

namespace Understudy.Membership.Protocol;

/// <summary>
/// Turns membership's messages and records into bytes and back (membership.proto). What comes from the wire is
/// refused with a reason if it is damaged; what this node wrote itself must be readable, or it stops.
/// </summary>
public static partial class MembershipCodec
{
    /// <summary>The longest body in bytes. A view of some hundred members is a tenth of it.</summary>
    public const int MaxBody = 64 * 1024;

    private static readonly MessageParser<Wire.Envelope> EnvelopeParser =
        Wire.Envelope.Parser.WithDiscardUnknownFields(true);

    private static readonly MessageParser<Wire.View> ViewParser = Wire.View.Parser.WithDiscardUnknownFields(true);

    private static readonly MessageParser<Wire.AcceptorState> AcceptorParser =
        Wire.AcceptorState.Parser.WithDiscardUnknownFields(true);

    /// <summary>Writes the message's bytes.</summary>
    /// <exception cref="ArgumentException">The message never goes on the wire.</exception>
    public static void Encode(MembershipMessage message, IBufferWriter<byte> output) =>
        ToWire(message).WriteTo(output);

    /// <summary>Reads a message. Damaged bytes give false and a reason, never an exception.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> body,
        [NotNullWhen(true)] out MembershipMessage? message,
        [NotNullWhen(false)] out string? reason)
    {
        message = null;
        reason = null;
        if (body.Length > MaxBody) reason = $"a membership message of {body.Length} bytes, the limit is {MaxBody}";
        else if (!SingleField.Fills(body)) reason = "a membership message is not one field";
        if (reason is not null) return false;

        try
        {
            message = FromWire(EnvelopeParser.ParseFrom(body), ref reason);
        }
        catch (InvalidProtocolBufferException damage)
        {
            reason = $"a membership message is damaged: {damage.Message}";
        }

        if (reason is not null) message = null;
        else if (message is null) reason = "a membership message of an unknown kind";
        return message is not null;
    }

    /// <summary>The view's bytes; the same view always has the same.</summary>
    public static byte[] EncodeView(View view) => ToWire(view).ToByteArray();

    /// <summary>Reads what <see cref="EncodeView"/> gave.</summary>
    /// <exception cref="FormatException">They are not a view's bytes.</exception>
    public static View DecodeView(ReadOnlySpan<byte> bytes)
    {
        string? fault = null;
        var view = ToView(Parse(ViewParser, bytes), ref fault);
        return fault is null && view is not null ? view : throw new FormatException($"A stored view: {fault}.");
    }

    /// <summary>The acceptor record's bytes.</summary>
    public static byte[] EncodeAcceptor(AcceptorRecord record) => ToWire(record).ToByteArray();

    /// <summary>Reads what <see cref="EncodeAcceptor"/> gave.</summary>
    /// <exception cref="FormatException">They are not an acceptor record's bytes.</exception>
    public static AcceptorRecord DecodeAcceptor(ReadOnlySpan<byte> bytes)
    {
        string? fault = null;
        var record = ToAcceptor(Parse(AcceptorParser, bytes), ref fault);
        return fault is null ? record : throw new FormatException($"A stored acceptor record: {fault}.");
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
