using System.Buffers;

namespace Understudy;

/// <summary>A dictionary's entries of one moment, written in the order of their keys' bytes.</summary>
internal sealed class FrozenDictionary<TKey, TValue>(
    ReplicatedCollection collection,
    KeyValuePair<TKey, TValue>[] entries,
    (IReplicatedSerializer<TKey> Keys, IReplicatedSerializer<TValue> Values) serializers) : FrozenCollection(collection)
    where TKey : notnull
{
    // An order of the keys themselves would need a comparer that all versions of the service agree on.
    private static readonly Comparer<byte[]> _byBytes =
        Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right));

    private byte[][]? _keys;

    public override int Count => entries.Length;

    public override void Write(int index, FieldWriter writer)
    {
        _keys ??= Sort();
        writer.Field(_keys[index]);
        writer.Field(serializers.Values, entries[index].Value);
    }

    private byte[][] Sort()
    {
        var output = new ArrayBufferWriter<byte>();
        var keys = new byte[entries.Length][];
        for (var at = 0; at < keys.Length; at++)
        {
            output.ResetWrittenCount();
            serializers.Keys.Write(entries[at].Key, output);
            keys[at] = output.WrittenSpan.ToArray();
        }

        Array.Sort(keys, entries, _byBytes);
        return keys;
    }
}
