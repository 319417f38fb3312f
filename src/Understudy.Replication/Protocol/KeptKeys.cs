using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// The answers to requests under clients' idempotency keys, oldest first. The primary decides which are forgotten, by
/// number, bytes and age, and says so in the checkpoint; all providers do what it says. So their tables are the same,
/// whatever their clocks, and whatever each of them would allow.
/// </summary>
internal sealed class KeptKeys
{
    private readonly Dictionary<string, Kept> _kept = [];
    private readonly Queue<string> _inOrder = new();
    private TimeSpan _age;
    private TimeSpan _ageAtReign;
    private long _bytes;

    /// <summary>What is kept of a request.</summary>
    internal readonly record struct Kept(ulong Fingerprint, ReadOnlyMemory<byte> Answer, TimeSpan Age);

    /// <summary>How many are remembered.</summary>
    public int Count => _inOrder.Count;

    public bool TryFind(string key, out Kept kept) => _kept.TryGetValue(key, out kept);

    /// <summary>
    /// This provider is primary from now on, and what it measures is added to the stream's age: clocks of two machines
    /// are never compared, and the time in which there was no primary does not count.
    /// </summary>
    public void BeginReign() => _ageAtReign = _age;

    /// <summary>What the primary says with a new key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="answer">Its answer.</param>
    /// <param name="reign">How long it has been primary, by its own clock.</param>
    /// <param name="keepFor">How old a key must be to be forgotten for its age.</param>
    public KeyStamp Stamp(string key, ReadOnlyMemory<byte> answer, TimeSpan reign, TimeSpan keepFor)
    {
        var age = _ageAtReign + reign;
        if (age < _age) age = _age; // A clock that went back.
        var (forgotten, bytes) = (0, _bytes + Size(key, answer));
        foreach (var oldest in _inOrder)
        {
            var kept = _kept[oldest];
            var isTooMuch = _inOrder.Count - forgotten >= OnceOnlyTable.KeysKept || bytes > OnceOnlyTable.KeyBytesKept;
            if (!isTooMuch && age - kept.Age <= keepFor) break;
            bytes -= Size(oldest, kept.Answer);
            forgotten++;
        }

        return new KeyStamp(age, forgotten);
    }

    /// <summary>What a checkpoint meant in which nothing was said: from before ages were counted.</summary>
    public KeyStamp Unstamped => new(_age, _inOrder.Count >= OnceOnlyTable.KeysKept ? 1 : 0);

    /// <summary>Does what the primary said.</summary>
    public void Take(KeyStamp stamp, string key, ulong fingerprint, ReadOnlyMemory<byte> answer)
    {
        Invariant.Holds(stamp.Forgotten <= _inOrder.Count, "OnceOnly: a key is forgotten on every provider or on none");
        _age = stamp.Age;
        for (var left = stamp.Forgotten; left > 0; left--)
        {
            var oldest = _inOrder.Dequeue();
            _kept.Remove(oldest, out var kept);
            _bytes -= Size(oldest, kept.Answer);
        }

        Add(key, new Kept(fingerprint, answer, _age));
    }

    public void Save(ByteWriter writer)
    {
        writer.Int64(_age.Ticks);
        writer.Int64(_inOrder.Count);
        foreach (var key in _inOrder)
        {
            var kept = _kept[key];
            writer.Text(key);
            writer.Int64((long)kept.Fingerprint);
            writer.Bytes(kept.Answer.Span);
            writer.Int64(kept.Age.Ticks);
        }
    }

    /// <param name="reader">What <see cref="Save"/> wrote.</param>
    /// <param name="hasAges">False of a table from before ages were counted: its keys are as if they were new.</param>
    public void Load(ref ByteReader reader, bool hasAges)
    {
        Clear();
        if (hasAges) _age = new TimeSpan(reader.Int64());
        for (var keys = reader.Int64(); keys > 0; keys--)
        {
            var key = reader.Text();
            var (fingerprint, answer) = ((ulong)reader.Int64(), reader.Bytes());
            Add(key, new Kept(fingerprint, answer, hasAges ? new TimeSpan(reader.Int64()) : default));
        }
    }

    public void Clear()
    {
        _kept.Clear();
        _inOrder.Clear();
        (_age, _ageAtReign, _bytes) = (default, default, 0);
    }

    private void Add(string key, Kept kept)
    {
        // A copy: the answer may be part of a checkpoint, which a key would keep long after its log is gone.
        if (!_kept.TryAdd(key, kept with { Answer = kept.Answer.ToArray() })) return;
        _inOrder.Enqueue(key);
        _bytes += Size(key, kept.Answer);
    }

    private static long Size(string key, ReadOnlyMemory<byte> answer) => key.Length + answer.Length;
}
