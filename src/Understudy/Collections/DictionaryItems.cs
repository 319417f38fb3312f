namespace Understudy;

/// <summary>The entries of a <see cref="ReplicatedDictionary{TKey, TValue}"/>, while they are being read.</summary>
/// <example>
/// <code>
/// foreach (var (number, order) in orders.Items(reader)) total += order.Amount;
/// </code>
/// </example>
public readonly ref struct DictionaryItems<TKey, TValue>
    where TKey : notnull
{
    private readonly Dictionary<TKey, TValue> _entries;

    internal DictionaryItems(Dictionary<TKey, TValue> entries) => _entries = entries;

    /// <summary>For <c>foreach</c>. A change of the dictionary ends it with an exception, a removal does not.</summary>
    public Dictionary<TKey, TValue>.Enumerator GetEnumerator() => _entries.GetEnumerator();

    /// <summary>A copy, which may be kept.</summary>
    /// <example><code>var all = state.ReadLocal(reader => orders.Items(reader).ToArray());</code></example>
    public KeyValuePair<TKey, TValue>[] ToArray() => [.. _entries];
}
