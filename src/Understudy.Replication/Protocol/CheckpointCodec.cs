using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Turns bulk messages (checkpoints, snapshots, clients' requests) into a fixed header and opaque bytes, and back.
/// All numbers are little endian. Decoded payloads are slices of the body: it must not be written to afterwards.
/// <code>
/// header    0 u8  kind        1 Append, 2 Appended, 3 SnapshotPart, 4 SnapshotReceived, 5 Request, 6 Answer
///           1 u8  flags       Appended: 1 = matched. Request: 1 = read, 2 = has a key. Answer: its kind.
///           2 u8  length of the first name   (service; Answer: the gateway's node)
///           3 u8  length of the second name  (Request: the gateway's node; else 0)
///           4 u16 length of the key          (Request; else 0)
///           6 u16 0
///           8 u32 count       Append: entries. SnapshotPart, Request, Answer: bytes of payload. Else 0.
///          12 u32 0
///          16 i64 numbers, none negative but the two of an incarnation, which have no sign:
///                 Append            version, previous sequence, previous version, committed, round
///                 Appended          version, sequence, round
///                 SnapshotPart      version, snapshot version, snapshot sequence, offset, total
///                 SnapshotReceived  version, snapshot sequence, next offset
///                 Request           gateway's counter, its nonce, number, lowest pending, version
///                 Answer            gateway's counter, its nonce, number, version
/// then      first name, second name, key (UTF-8)
/// then      Append: each entry as i64 version, i64 sequence, u32 length, bytes. Else the payload.
/// </code>
/// The body ends there: bytes left over are damage.
/// </summary>
public static partial class CheckpointCodec
{
    /// <summary>The longest idempotency key, in bytes of UTF-8.</summary>
    public const int MaxKeyBytes = ushort.MaxValue;

    /// <summary>The longest name of a node or service, in bytes of UTF-8.</summary>
    public const int MaxNameBytes = byte.MaxValue;

    private const int NumbersAt = 16;
    private const int EntryHeader = 20;

    private enum Kind : byte
    {
        Append = 1,
        Appended = 2,
        SnapshotPart = 3,
        SnapshotReceived = 4,
        Request = 5,
        Answer = 6,
    }

    /// <summary>Whether this codec carries the message; if not, it is a control message.</summary>
    public static bool Carries(ReplicationMessage message) => message is
        ReplicationMessage.Append or ReplicationMessage.Appended or
        ReplicationMessage.SnapshotPart or ReplicationMessage.SnapshotReceived or
        ReplicationMessage.Request or ReplicationMessage.Answer;

    /// <summary>Writes the message's bytes.</summary>
    /// <exception cref="ArgumentException">It is a control message, or a name or key is too long.</exception>
    public static void Encode(ReplicationMessage message, IBufferWriter<byte> output)
    {
        switch (message)
        {
            case ReplicationMessage.Append append:
                WriteHeader(
                    output, Kind.Append, 0, append.Entries.Length, append.Service.Value, "", null,
                    [
                        append.Version.Value, append.PreviousSequence, append.PreviousVersion.Value,
                        append.Committed, append.Round,
                    ]);
                foreach (var entry in append.Entries) WriteEntry(output, entry);
                break;
            case ReplicationMessage.Appended appended:
                WriteHeader(
                    output, Kind.Appended, appended.IsMatched ? 1 : 0, 0, appended.Service.Value, "", null,
                    [appended.Version.Value, appended.Sequence, appended.Round]);
                break;
            case ReplicationMessage.SnapshotPart part:
                WriteHeader(
                    output, Kind.SnapshotPart, 0, part.Bytes.Length, part.Service.Value, "", null,
                    [
                        part.Version.Value, part.SnapshotVersion.Value, part.SnapshotSequence, part.Offset,
                        part.Total,
                    ]);
                output.Write(part.Bytes.Span);
                break;
            case ReplicationMessage.SnapshotReceived received:
                WriteHeader(
                    output, Kind.SnapshotReceived, 0, 0, received.Service.Value, "", null,
                    [received.Version.Value, received.SnapshotSequence, received.NextOffset]);
                break;
            default:
                EncodeRequest(message, output);
                break;
        }
    }

    private static void EncodeRequest(ReplicationMessage message, IBufferWriter<byte> output)
    {
        switch (message)
        {
            case ReplicationMessage.Request request:
                WriteHeader(
                    output, Kind.Request, (request.IsRead ? 1 : 0) | (request.Key is null ? 0 : 2),
                    request.Body.Length, request.Service.Value, request.Id.Gateway.Node.Value, request.Key,
                    [
                        (long)request.Id.Gateway.Incarnation.Counter, (long)request.Id.Gateway.Incarnation.Nonce,
                        request.Id.Number, request.LowestPending, request.Version.Value,
                    ]);
                output.Write(request.Body.Span);
                break;
            case ReplicationMessage.Answer answer:
                WriteHeader(
                    output, Kind.Answer, (int)answer.Kind, answer.Body.Length, answer.Id.Gateway.Node.Value, "", null,
                    [
                        (long)answer.Id.Gateway.Incarnation.Counter, (long)answer.Id.Gateway.Incarnation.Nonce,
                        answer.Id.Number, answer.Version.Value,
                    ]);
                output.Write(answer.Body.Span);
                break;
            default:
                throw new ArgumentException($"{message.GetType().Name} is no bulk message.", nameof(message));
        }
    }

    private static void WriteHeader(
        IBufferWriter<byte> output,
        Kind kind,
        int flags,
        int count,
        string firstName,
        string secondName,
        string? key,
        ReadOnlySpan<long> numbers)
    {
        var first = LengthOf(firstName, MaxNameBytes);
        var second = LengthOf(secondName, MaxNameBytes);
        var third = LengthOf(key ?? "", MaxKeyBytes);
        var length = NumbersAt + 8 * numbers.Length + first + second + third;
        var span = output.GetSpan(length)[..length];
        span[..NumbersAt].Clear();
        span[0] = (byte)kind;
        span[1] = (byte)flags;
        span[2] = (byte)first;
        span[3] = (byte)second;
        BinaryPrimitives.WriteUInt16LittleEndian(span[4..], (ushort)third);
        BinaryPrimitives.WriteInt32LittleEndian(span[8..], count);
        for (var i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(span[(NumbersAt + 8 * i)..], numbers[i]);

        var names = span[(NumbersAt + 8 * numbers.Length)..];
        Encoding.UTF8.GetBytes(firstName, names);
        Encoding.UTF8.GetBytes(secondName, names[first..]);
        Encoding.UTF8.GetBytes(key ?? "", names[(first + second)..]);
        output.Advance(length);
    }

    private static void WriteEntry(IBufferWriter<byte> output, LogEntry entry)
    {
        var span = output.GetSpan(EntryHeader);
        BinaryPrimitives.WriteInt64LittleEndian(span, entry.Version.Value);
        BinaryPrimitives.WriteInt64LittleEndian(span[8..], entry.Sequence);
        BinaryPrimitives.WriteInt32LittleEndian(span[16..], entry.Payload.Length);
        output.Advance(EntryHeader);
        output.Write(entry.Payload.Span);
    }

    private static int LengthOf(string text, int limit)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        return length <= limit
            ? length
            : throw new ArgumentException($"{length} bytes of text where {limit} are the limit.", nameof(text));
    }
}
