using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Kv;

/// <summary>
/// The built-in key-value service: keys in ordinal order with a value and a version each. A key's version is the
/// number of changes that the whole state had seen when the key was last changed, so no version is ever used twice.
/// </summary>
public sealed class KvState : IReplicatedState
{
    private const byte FormatVersion = 1;
    private const byte SetCode = 1;
    private const byte RemoveCode = 2;

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private long _revision;

    /// <summary>How many keys there are.</summary>
    public int Count => _entries.Count;

    /// <summary>A hash of the whole state; the same for the same state in every process.</summary>
    public ulong Digest
    {
        get
        {
            var digest = KvHash.Of((ulong)_revision);
            foreach (var (key, entry) in _entries) digest ^= entry.HashWith(key);
            return digest;
        }
    }

    /// <inheritdoc/>
    public Execution Execute(ReadOnlyMemory<byte> request)
    {
        if (!KvCodec.TryDecode(request, out KvRequest? read, out var reason))
            return Refuse(KvStatus.Malformed, 0, Encoding.UTF8.GetBytes(reason));
        return read switch
        {
            KvRequest.Get get => Read(get.Key),
            KvRequest.Put put => Put(put),
            KvRequest.Delete delete => Delete(delete),
            KvRequest.Increment increment => Increment(increment.Key),
            _ => throw new UnreachableException($"Unknown request {read}."),
        };
    }

    /// <inheritdoc/>
    public void Apply(ReadOnlyMemory<byte> checkpoint, long sequence)
    {
        var reader = new KvReader(checkpoint);
        var code = reader.Byte("kind of change");
        var revision = reader.Count("revision");
        var key = reader.Key();
        var value = code == SetCode ? reader.Value() : default;
        reader.End();
        Invariant.Holds(reader.Failure is null, $"kv: a checkpoint cannot be read: {reader.Failure}");
        Invariant.Holds(code is SetCode or RemoveCode, $"kv: a checkpoint's change {code} is not known");
        Invariant.Holds(revision == _revision + 1, $"kv: checkpoint {revision} applied to revision {_revision}");
        _revision = revision;
        if (code == SetCode) _entries[key] = new Entry(revision, value);
        else _entries.Remove(key);
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Save() => Freeze()();

    /// <summary>Takes hold of the state as it is now; what is returned saves that, while this one may change.</summary>
    public Func<ReadOnlyMemory<byte>> Freeze()
    {
        var (entries, revision) = (_entries.ToArray(), _revision);
        return () => Save(entries, revision);
    }

    /// <inheritdoc/>
    public void Load(ReadOnlyMemory<byte> state)
    {
        _entries.Clear();
        _revision = 0;
        if (state.IsEmpty) return;
        var reader = new KvReader(state);
        var format = reader.Byte("format");
        Invariant.Holds(format == FormatVersion, $"kv: a saved state has format {format}, known is {FormatVersion}");
        _revision = reader.Count("revision");
        var count = reader.UInt32("number of keys");
        for (var i = 0u; i < count && reader.Failure is null; i++)
        {
            var key = reader.Key();
            var version = reader.Count("version");
            _entries[key] = new Entry(version, reader.Value());
        }

        reader.End();
        Invariant.Holds(reader.Failure is null, $"kv: a saved state cannot be read: {reader.Failure}");
        Invariant.Holds(_entries.Count == count, "kv: a saved state names a key twice");
    }

    private static ReadOnlyMemory<byte> Save(KeyValuePair<string, Entry>[] entries, long revision)
    {
        Array.Sort(entries, static (left, right) => string.CompareOrdinal(left.Key, right.Key));
        var size = 1 + 8 + 4;
        foreach (var (key, entry) in entries)
            size = checked(size + KvWriter.SizeOf(key) + 8 + KvWriter.SizeOf(entry.Value));
        var writer = new KvWriter(size).Byte(FormatVersion).Count(revision).UInt32((uint)entries.Length);
        foreach (var (key, entry) in entries) writer.Key(key).Count(entry.Version).Value(entry.Value);
        return writer.Finish();
    }

    private Execution Read(string key) => _entries.TryGetValue(key, out var entry)
        ? new Execution(entry.Answer, default)
        : Refuse(KvStatus.NotFound, 0);

    private Execution Put(KvRequest.Put put)
    {
        var found = _entries.GetValueOrDefault(put.Key);
        if (put.Value.Length > KvLimits.ValueBytes) return Refuse(KvStatus.TooLarge, found?.Version ?? 0);
        if (!Holds(put.Condition, found)) return Refuse(KvStatus.PreconditionFailed, found?.Version ?? 0);
        return Set(put.Key, put.Value, default);
    }

    private Execution Delete(KvRequest.Delete delete)
    {
        var found = _entries.GetValueOrDefault(delete.Key);
        if (!Holds(delete.Condition, found)) return Refuse(KvStatus.PreconditionFailed, found?.Version ?? 0);
        if (found is null) return Refuse(KvStatus.NotFound, 0);
        _revision++;
        _entries.Remove(delete.Key);
        var checkpoint = new KvWriter(9 + KvWriter.SizeOf(delete.Key))
            .Byte(RemoveCode).Count(_revision).Key(delete.Key).Finish();
        return new Execution(KvCodec.Encode(new KvAnswer(KvStatus.Ok, 0, default)), checkpoint);
    }

    private Execution Increment(string key)
    {
        var found = _entries.GetValueOrDefault(key);
        if (!TryParse(found, out var number) || number == long.MaxValue)
            return Refuse(KvStatus.NotANumber, found?.Version ?? 0);
        var value = Encoding.ASCII.GetBytes((number + 1).ToString(CultureInfo.InvariantCulture));
        return Set(key, value, value);
    }

    private Execution Set(string key, ReadOnlyMemory<byte> value, ReadOnlyMemory<byte> answer)
    {
        _revision++;
        _entries[key] = new Entry(_revision, value);
        var checkpoint = new KvWriter(9 + KvWriter.SizeOf(key) + KvWriter.SizeOf(value))
            .Byte(SetCode).Count(_revision).Key(key).Value(value).Finish();
        return new Execution(KvCodec.Encode(new KvAnswer(KvStatus.Ok, _revision, answer)), checkpoint);
    }

    private static bool Holds(KvCondition condition, Entry? found) => condition.Kind switch
    {
        KvConditionKind.None => true,
        KvConditionKind.IfAbsent => found is null,
        KvConditionKind.IfPresent => found is not null,
        KvConditionKind.IfMatch => found?.Version == condition.Version,
        _ => throw new UnreachableException($"Unknown condition {condition}."),
    };

    private static bool TryParse(Entry? entry, out long number)
    {
        number = 0;
        if (entry is null) return true;
        return Utf8Parser.TryParse(entry.Value.Span, out number, out var read) && read == entry.Value.Length;
    }

    private static Execution Refuse(KvStatus status, long version, ReadOnlyMemory<byte> text = default) =>
        new(KvCodec.Encode(new KvAnswer(status, version, text)), default);

    /// <summary>
    /// A key's version and value, as the answer to a read has them: however many read it, the answers that wait for
    /// their clients are one array.
    /// </summary>
    private sealed class Entry(long version, ReadOnlyMemory<byte> value)
    {
        private ulong? _hash;

        public long Version => version;

        public ReadOnlyMemory<byte> Answer { get; } = KvCodec.Encode(new KvAnswer(KvStatus.Ok, version, value));

        public ReadOnlyMemory<byte> Value => Answer[KvCodec.AnswerHeaderBytes..];

        public ulong HashWith(string key) => _hash ??= KvHash.Of((ulong)version, key, Value.Span);
    }
}
