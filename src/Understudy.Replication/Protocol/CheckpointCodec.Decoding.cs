using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

public static partial class CheckpointCodec
{
    /// <summary>Reads a message. Damaged bytes give false and a reason, never an exception.</summary>
    public static bool TryDecode(
        ReadOnlyMemory<byte> body,
        [NotNullWhen(true)] out ReplicationMessage? message,
        [NotNullWhen(false)] out string? reason)
    {
        message = null;
        reason = Header.TryRead(body, out var header);
        if (reason is not null) return false;

        message = header.Kind switch
        {
            Kind.Append => ToAppend(header, ref reason),
            Kind.Appended => new ReplicationMessage.Appended(
                header.Service, header.Version(0), header.Flags == 1, header.Number(1), header.Number(2)),
            Kind.SnapshotPart => ToSnapshotPart(header, ref reason),
            Kind.SnapshotReceived => new ReplicationMessage.SnapshotReceived(
                header.Service, header.Version(0), header.Number(1), header.Number(2)),
            Kind.Request => new ReplicationMessage.Request(
                header.RequestOf(header.SecondName), header.Number(3), header.Service, header.Version(4),
                (header.Flags & 1) != 0, header.Key, header.Rest),
            _ => new ReplicationMessage.Answer(
                header.RequestOf(header.FirstName), (AnswerKind)header.Flags, header.Rest, header.Version(3)),
        };
        if (reason is not null) message = null;
        else if (message is null) reason = "a bulk message is damaged";
        return message is not null;
    }

    private static ReplicationMessage.Append? ToAppend(in Header header, ref string? reason)
    {
        // Checked before anything is allocated for it: a count is only a claim, and an entry costs more than its bytes.
        if (header.Count > header.Rest.Length / EntryHeader)
        {
            reason = $"an append claims {header.Count} entries in {header.Rest.Length} bytes";
            return null;
        }

        if (header.Count > ReplicaLimits.EntriesPerMessage)
        {
            reason = $"an append claims {header.Count} entries, the limit is {ReplicaLimits.EntriesPerMessage}";
            return null;
        }

        var entries = ImmutableArray.CreateBuilder<LogEntry>((int)header.Count);
        var rest = header.Rest;
        while (entries.Count < header.Count)
        {
            if (!TryReadEntry(ref rest, out var entry))
            {
                reason = $"entry {entries.Count + 1} of an append is damaged";
                return null;
            }

            entries.Add(entry);
        }

        if (!rest.IsEmpty) reason = $"an append has {rest.Length} bytes left over";
        return new ReplicationMessage.Append(
            header.Service, header.Version(0), header.Number(1), header.Version(2), entries.MoveToImmutable(),
            header.Number(3), header.Number(4));
    }

    private static bool TryReadEntry(ref ReadOnlyMemory<byte> rest, [NotNullWhen(true)] out LogEntry? entry)
    {
        entry = null;
        if (rest.Length < EntryHeader) return false;
        var version = BinaryPrimitives.ReadInt64LittleEndian(rest.Span);
        var sequence = BinaryPrimitives.ReadInt64LittleEndian(rest.Span[8..]);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(rest.Span[16..]);
        if (version < 0 || sequence < 0 || length > (uint)(rest.Length - EntryHeader)) return false;
        entry = new LogEntry(
            new ConfigurationVersion(version), sequence, rest.Slice(EntryHeader, (int)length));
        rest = rest[(EntryHeader + (int)length)..];
        return true;
    }

    private static ReplicationMessage.SnapshotPart ToSnapshotPart(in Header header, ref string? reason)
    {
        if (header.Number(3) > header.Number(4) - header.Rest.Length)
            reason = $"a snapshot's part at {header.Number(3)} ends behind its total of {header.Number(4)}";
        return new ReplicationMessage.SnapshotPart(
            header.Service, header.Version(0), header.Version(1), header.Number(2), header.Number(3),
            header.Number(4), header.Rest);
    }

    /// <summary>The header and names of a body, checked.</summary>
    private readonly struct Header
    {
        private readonly ReadOnlyMemory<byte> _body;

        private Header(ReadOnlyMemory<byte> body) => _body = body;

        public Kind Kind => (Kind)_body.Span[0];

        public byte Flags => _body.Span[1];

        public uint Count => BinaryPrimitives.ReadUInt32LittleEndian(_body.Span[8..]);

        public string FirstName => Encoding.UTF8.GetString(_body.Span.Slice(NamesAt, FirstLength));

        public string SecondName => Encoding.UTF8.GetString(_body.Span.Slice(NamesAt + FirstLength, SecondLength));

        public ServiceName Service => new(FirstName);

        /// <summary>The idempotency key; an empty one is not the same as none.</summary>
        public string? Key => (Flags & 2) == 0
            ? null
            : Encoding.UTF8.GetString(_body.Span.Slice(NamesAt + FirstLength + SecondLength, KeyLength));

        public ReadOnlyMemory<byte> Rest => _body[(NamesAt + NamesLength)..];

        private int Numbers => Kind switch
        {
            Kind.Append or Kind.SnapshotPart or Kind.Request => 5,
            Kind.Answer => 4,
            _ => 3,
        };

        private int NamesAt => NumbersAt + 8 * Numbers;

        private int FirstLength => _body.Span[2];

        private int SecondLength => _body.Span[3];

        private int KeyLength => BinaryPrimitives.ReadUInt16LittleEndian(_body.Span[4..]);

        private int NamesLength => FirstLength + SecondLength + KeyLength;

        /// <summary>Null if the body has a sound header; else what is wrong with it.</summary>
        public static string? TryRead(ReadOnlyMemory<byte> body, out Header header)
        {
            header = new Header(body);
            if (body.Length < NumbersAt) return $"a bulk message of {body.Length} bytes";
            return header.FindFault();
        }

        public long Number(int index) => BinaryPrimitives.ReadInt64LittleEndian(_body.Span[(NumbersAt + 8 * index)..]);

        public ConfigurationVersion Version(int index) => new(Number(index));

        public RequestId RequestOf(string gateway) => new(
            new MemberId(new NodeId(gateway), new Incarnation((ulong)Number(0), (ulong)Number(1))), Number(2));

        private string? FindFault()
        {
            if (Kind is < Kind.Append or > Kind.Answer) return $"a bulk message of the unknown kind {_body.Span[0]}";
            if (_body.Length < NamesAt + NamesLength) return $"a bulk message ends in its header: {Kind}";
            if (Flags > MaxFlags) return $"the flags {Flags} of {Kind} are unknown";
            var reserved = BinaryPrimitives.ReadUInt16LittleEndian(_body.Span[6..]) |
                BinaryPrimitives.ReadUInt32LittleEndian(_body.Span[12..]);
            if (reserved != 0) return $"reserved bytes of {Kind} are in use";
            return FindFaultyName() ?? FindFaultyNumber();
        }

        private int MaxFlags => Kind switch
        {
            Kind.Appended => 1,
            Kind.Request => 3,
            Kind.Answer => (int)AnswerKind.Refused,
            _ => 0,
        };

        private string? FindFaultyName()
        {
            var isRequest = Kind == Kind.Request;
            if (FirstLength == 0) return $"a name is missing in {Kind}";
            if (SecondLength == 0 == isRequest) return $"the second name of {Kind} has {SecondLength} bytes";
            if (KeyLength > 0 && (!isRequest || (Flags & 2) == 0)) return $"a key in {Kind} that has none";
            var span = _body.Span[NamesAt..];
            return Utf8.IsValid(span[..FirstLength]) &&
                Utf8.IsValid(span.Slice(FirstLength, SecondLength)) &&
                Utf8.IsValid(span.Slice(FirstLength + SecondLength, KeyLength))
                ? null
                : $"a text in {Kind} is not UTF-8";
        }

        private string? FindFaultyNumber()
        {
            // The first two of a request and an answer are an incarnation's and have no sign.
            for (var i = Kind is Kind.Request or Kind.Answer ? 2 : 0; i < Numbers; i++)
            {
                if (Number(i) < 0) return $"number {i + 1} of {Kind} is negative";
            }

            // An append's count is of entries, checked while they are read; the answers have no payload at all.
            if (Kind is Kind.Append) return null;
            if (Kind is (Kind.Appended or Kind.SnapshotReceived) && !Rest.IsEmpty)
                return $"{Kind} has {Rest.Length} bytes left over";
            return Count == Rest.Length ? null : $"{Kind} claims {Count} bytes and has {Rest.Length}";
        }
    }
}
