using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>What is known of a request before it is executed.</summary>
public enum OnceOnlyVerdict
{
    Fresh,

    /// <summary>Executed before: the answer is there.</summary>
    Known,

    /// <summary>The key was used with another request.</summary>
    KeyReused,

    /// <summary>From a gateway's earlier life, or a number it has given up.</summary>
    Outdated,
}

/// <summary>
/// The requests that a service has answered: the answer to a request travels in the same checkpoint as its effect
/// (OnceOnly; agreement.md 4.9). Gateways' numbers are forgotten when the gateway says it will not send them again;
/// clients' keys when the primary says so in a checkpoint. Never by a local clock.
/// </summary>
public sealed class OnceOnlyTable
{
    /// <summary>How many idempotency keys are remembered at most.</summary>
    public const int KeysKept = 65_536;

    /// <summary>How many bytes of keys and their answers at most, if there is more than one.</summary>
    public const long KeyBytesKept = 64 << 20;

    private const byte HasRequest = 1;
    private const byte HasFormat = 2;
    private const byte IsAudit = 4;
    private const byte HasStamp = 8;
    private const byte AllParts = HasRequest | HasFormat | IsAudit | HasStamp;

    /// <summary>Begins a saved table whose keys have ages; one from before begins with a count.</summary>
    private const long LayoutWithAges = -2;

    private readonly SortedDictionary<NodeId, AnsweredRequests> _sessions = [];
    private readonly KeptKeys _keys = new();

    /// <summary>How many idempotency keys are remembered.</summary>
    public int Keys => _keys.Count;

    public OnceOnlyVerdict Find(ReplicationMessage.Request request, out ReadOnlyMemory<byte> answer)
    {
        answer = default;
        if (request.Key is { } key && _keys.TryFind(key, out var kept))
        {
            answer = kept.Answer;
            return kept.Fingerprint == Fingerprint(request) ? OnceOnlyVerdict.Known : OnceOnlyVerdict.KeyReused;
        }

        var (gateway, number) = (request.Id.Gateway, request.Id.Number);
        if (!_sessions.TryGetValue(gateway.Node, out var session)) return OnceOnlyVerdict.Fresh;
        if (session.Incarnation != gateway.Incarnation)
        {
            return session.Incarnation.CompareTo(gateway.Incarnation) > 0
                ? OnceOnlyVerdict.Outdated
                : OnceOnlyVerdict.Fresh;
        }

        if (session.TryFind(number, out answer)) return OnceOnlyVerdict.Known;
        return number < session.LowestPending ? OnceOnlyVerdict.Outdated : OnceOnlyVerdict.Fresh;
    }

    /// <summary>This provider is primary from now on.</summary>
    public void BeginReign() => _keys.BeginReign();

    /// <summary>A checkpoint's payload: the request that was answered, if any, the answer and the effect.</summary>
    public static ReadOnlyMemory<byte> Encode(
        ReplicationMessage.Request? request,
        ReadOnlyMemory<byte> answer,
        ReadOnlyMemory<byte> effect,
        int format = 0,
        KeyStamp stamp = default)
    {
        if (request is null && format == 0)
        {
            var bytes = new byte[1 + effect.Length];
            effect.Span.CopyTo(bytes.AsSpan(1));
            return bytes;
        }

        var writer = new ByteWriter();
        writer.Byte((byte)((request is null ? 0 : HasRequest) | (format == 0 ? 0 : HasFormat)
            | (request?.Key is null ? 0 : HasStamp)));
        if (format != 0) writer.Int64(format);
        if (request is not null)
        {
            writer.Member(request.Id.Gateway);
            writer.Int64(request.Id.Number);
            writer.Int64(request.LowestPending);
            writer.Byte(request.Key is null ? (byte)0 : (byte)1);
            if (request.Key is { } key)
            {
                writer.Text(key);
                writer.Int64(stamp.Age.Ticks);
                writer.Int64(stamp.Forgotten);
            }

            writer.Int64((long)Fingerprint(request));
            writer.Bytes(answer.Span);
        }

        writer.Raw(effect.Span);
        return writer.ToMemory();
    }

    /// <summary>A checkpoint that changes nothing and says which digest the state has there.</summary>
    public static ReadOnlyMemory<byte> EncodeAudit(UInt128 digest, int format)
    {
        var writer = new ByteWriter();
        writer.Byte(IsAudit);
        writer.Int64(format);
        writer.Int64((long)(ulong)(digest >> 64));
        writer.Int64((long)(ulong)digest);
        return writer.ToMemory();
    }

    /// <summary>
    /// The digest that a checkpoint of an audit says, and the format of the snapshot that it is of; null if it is none.
    /// </summary>
    public static (UInt128 Digest, int Format)? AuditOf(ReadOnlyMemory<byte> payload)
    {
        var reader = new ByteReader(payload);
        if ((reader.Byte() & IsAudit) == 0) return null;
        var format = (int)reader.Int64();
        var high = (ulong)reader.Int64();
        return (new UInt128(high, (ulong)reader.Int64()), format);
    }

    /// <summary>Remembers the answer that a checkpoint's payload holds.</summary>
    /// <returns>The effect, which is the service's, and its format.</returns>
    public (ReadOnlyMemory<byte> Effect, int Format) Take(ReadOnlyMemory<byte> payload)
    {
        var reader = new ByteReader(payload);
        var parts = reader.Byte();
        if ((parts & ~AllParts) != 0) throw new UnknownLayoutException("a checkpoint");
        if ((parts & IsAudit) != 0) return default;
        var format = (parts & HasFormat) != 0 ? (int)reader.Int64() : 0;
        if ((parts & HasRequest) != 0)
        {
            var gateway = reader.Member();
            var id = new RequestId(gateway, reader.Int64());
            var lowest = reader.Int64();
            var key = reader.Byte() == 1 ? reader.Text() : null;
            var stamp = (parts & HasStamp) != 0
                ? new KeyStamp(new TimeSpan(reader.Int64()), (int)reader.Int64())
                : _keys.Unstamped;
            var fingerprint = (ulong)reader.Int64();
            Remember(id, lowest, key, fingerprint, reader.Bytes(), stamp);
        }

        return (reader.Rest(), format);
    }

    /// <summary>Remembers an answer at the primary.</summary>
    /// <param name="request">What was answered.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="reign">How long this provider has been primary, by its own clock.</param>
    /// <param name="keepFor">How long a key is remembered, unless there are too many.</param>
    /// <returns>What the checkpoint is to say of it.</returns>
    public KeyStamp Remember(
        ReplicationMessage.Request request, ReadOnlyMemory<byte> answer, TimeSpan reign, TimeSpan keepFor)
    {
        var stamp = request.Key is { } key ? _keys.Stamp(key, answer, reign, keepFor) : default;
        Remember(request.Id, request.LowestPending, request.Key, Fingerprint(request), answer, stamp);
        return stamp;
    }

    /// <summary>The whole table as bytes; a service's own state may follow them.</summary>
    public ReadOnlyMemory<byte> Save()
    {
        var writer = new ByteWriter();
        writer.Int64(LayoutWithAges);
        writer.Int64(_sessions.Count);
        foreach (var (node, session) in _sessions)
        {
            writer.Member(new MemberId(node, session.Incarnation));
            writer.Int64(session.LowestPending);
            writer.Int64(session.Count);
            foreach (var (number, answer) in session.InOrder)
            {
                writer.Int64(number);
                writer.Bytes(answer.Span);
            }
        }

        _keys.Save(writer);
        return writer.ToMemory();
    }

    /// <summary>Replaces the table by one that <see cref="Save"/> gave; no bytes mean the empty one.</summary>
    /// <returns>What follows the table: the service's own state.</returns>
    public ReadOnlyMemory<byte> Load(ReadOnlyMemory<byte> state)
    {
        _sessions.Clear();
        _keys.Clear();
        if (state.IsEmpty) return default;
        var reader = new ByteReader(state);
        var first = reader.Int64();
        if (first < 0 && first != LayoutWithAges) throw new UnknownLayoutException("a snapshot's table of requests");
        var hasAges = first == LayoutWithAges;
        for (var sessions = hasAges ? reader.Int64() : first; sessions > 0; sessions--)
        {
            var gateway = reader.Member();
            var session = _sessions[gateway.Node] = new AnsweredRequests(gateway.Incarnation);
            session.GiveUpBelow(reader.Int64());
            for (var answers = reader.Int64(); answers > 0; answers--)
            {
                session.Remember(reader.Int64(), reader.Bytes());
            }
        }

        _keys.Load(ref reader, hasAges);
        return reader.Rest();
    }

    private void Remember(
        RequestId id, long lowest, string? key, ulong fingerprint, ReadOnlyMemory<byte> answer, KeyStamp stamp)
    {
        var node = id.Gateway.Node;
        if (!_sessions.TryGetValue(node, out var session) || session.Incarnation != id.Gateway.Incarnation)
        {
            session = _sessions[node] = new AnsweredRequests(id.Gateway.Incarnation);
        }

        session.GiveUpBelow(lowest);
        session.Remember(id.Number, answer);

        if (key is not null) _keys.Take(stamp, key, fingerprint, answer);
    }

    private static ulong Fingerprint(ReplicationMessage.Request request)
    {
        ComparedPart.TrySplit(request.Body, out var compared, out _);
        var hash = 14695981039346656037;
        foreach (var b in compared.Span) hash = (hash ^ b) * 1099511628211;
        return hash;
    }
}
