using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Understudy;

/// <summary>
/// Values by their keys. Keys are compared by their type's own equality; two equal keys must have the same bytes.
/// </summary>
/// <typeparam name="TKey">An enum, or a type that compares itself (<see cref="IEquatable{T}"/>).</typeparam>
/// <typeparam name="TValue">An immutable type.</typeparam>
/// <example>
/// <code>
/// var orders = state.Dictionary&lt;long, Order&gt;("orders");
/// await state.TransactionAsync(tx => orders.Set(tx, 17, order), cancellationToken);
/// </code>
/// </example>
public sealed class ReplicatedDictionary<TKey, TValue> : ReplicatedCollection
    where TKey : notnull
{
    private readonly (IReplicatedSerializer<TKey> Keys, IReplicatedSerializer<TValue> Values) _serializers;
    private readonly List<Change> _changes = [];
    private Dictionary<TKey, TValue> _entries = [];

    internal ReplicatedDictionary(
        ReplicatedState state,
        string name,
        IReplicatedSerializer<TKey> keys,
        IReplicatedSerializer<TValue> values,
        bool isDeclared = true)
        : base(state, name, isDeclared) => _serializers = (keys, values);

    internal override CollectionKind Kind => CollectionKind.Dictionary;

    internal override bool IsEmpty => _entries.Count == 0;

    /// <summary>How many entries there are.</summary>
    /// <example><code>var count = state.ReadLocal(reader => orders.Count(reader));</code></example>
    public int Count(ReplicatedReader reader)
    {
        reader.Check(this);
        return _entries.Count;
    }

    /// <summary>Finds the value of a key.</summary>
    /// <example>
    /// <code>
    /// if (orders.TryGet(tx, 17, out var order)) orders.Set(tx, 17, order with { IsPaid = true });
    /// </code>
    /// </example>
    public bool TryGet(ReplicatedReader reader, TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        reader.Check(this);
        return _entries.TryGetValue(key, out value);
    }

    /// <summary>The value of a key.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    /// <example>
    /// <code>
    /// var order = await state.ReadAsync(reader => orders.Get(reader, 17), cancellationToken);
    /// </code>
    /// </example>
    public TValue Get(ReplicatedReader reader, TKey key) =>
        TryGet(reader, key, out var value) ? value : throw new KeyNotFoundException($"'{Name}' has no key {key}.");

    /// <summary>Whether there is a value for a key.</summary>
    /// <example>
    /// <code>
    /// var isKnown = await state.ReadAsync(reader => orders.Contains(reader, 17), cancellationToken);
    /// </code>
    /// </example>
    public bool Contains(ReplicatedReader reader, TKey key)
    {
        reader.Check(this);
        return _entries.ContainsKey(key);
    }

    /// <summary>
    /// All entries, in no particular order, for a <c>foreach</c> or as a copy by <c>ToArray()</c>. Takes as long as
    /// there are entries, and transactions wait for that long.
    /// </summary>
    /// <example><code>var all = state.ReadLocal(reader => orders.Items(reader).ToArray());</code></example>
    public DictionaryItems<TKey, TValue> Items(ReplicatedReader reader)
    {
        reader.Check(this);
        return new DictionaryItems<TKey, TValue>(_entries);
    }

    /// <summary>Adds an entry, or replaces the value of one.</summary>
    /// <exception cref="TransactionTooLargeException">There is no room for it in this transaction.</exception>
    /// <example>
    /// <code>
    /// await state.TransactionAsync(tx => orders.Set(tx, 17, order), cancellationToken);
    /// </code>
    /// </example>
    public void Set(ReplicatedTransaction tx, TKey key, TValue value)
    {
        ArgumentNullException.ThrowIfNull(key);
        tx.For(this).Append(this, ChangeKind.Set, _serializers, key, value);
        Put(key, value);
    }

    /// <summary>Adds an entry unless there is one with this key.</summary>
    /// <returns>Whether it was added.</returns>
    /// <exception cref="TransactionTooLargeException">There is no room for it in this transaction.</exception>
    /// <example>
    /// <code>
    /// if (!orders.TryAdd(tx, 17, order)) throw new InvalidOperationException("There is an order 17.");
    /// </code>
    /// </example>
    public bool TryAdd(ReplicatedTransaction tx, TKey key, TValue value)
    {
        if (Contains(tx, key)) return false;
        Set(tx, key, value);
        return true;
    }

    /// <summary>Removes an entry.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="TransactionTooLargeException">There is no room for it in this transaction.</exception>
    /// <example>
    /// <code>
    /// var wasThere = await state.TransactionAsync(tx => orders.Remove(tx, 17), cancellationToken);
    /// </code>
    /// </example>
    public bool Remove(ReplicatedTransaction tx, TKey key)
    {
        if (!Contains(tx, key)) return false;
        tx.For(this).Append(this, ChangeKind.Remove, _serializers.Keys, key);
        return Drop(key);
    }

    /// <summary>Removes all entries.</summary>
    /// <exception cref="TransactionTooLargeException">There is no room for it in this transaction.</exception>
    /// <example><code>await state.TransactionAsync(tx => orders.Clear(tx), cancellationToken);</code></example>
    public void Clear(ReplicatedTransaction tx)
    {
        var open = tx.For(this);
        if (IsEmpty) return;
        open.Append(this, ChangeKind.Clear);
        Empty();
    }

    internal override void Apply(ChangeKind change, ref FieldReader reader)
    {
        switch (change)
        {
            case ChangeKind.Set:
                var key = ReadKey(ref reader);
                Put(key, reader.Value(_serializers.Values, Name));
                break;
            case ChangeKind.Remove:
                if (!Drop(ReadKey(ref reader))) throw reader.Refused($"it removes a key that '{Name}' has not");
                break;
            case ChangeKind.Clear: Empty(); break;
            default: throw Unknown(change, reader);
        }
    }

    internal override void Undo()
    {
        for (var at = _changes.Count - 1; at >= 0; at--)
        {
            var change = _changes[at];
            if (change.Replaced is { } entries) _entries = entries;
            else if (change.WasThere) _entries[change.Key] = change.Value!;
            else _entries.Remove(change.Key);
        }

        _changes.Clear();
    }

    internal override void Keep() => _changes.Clear();

    internal override FrozenCollection Freeze() =>
        new FrozenDictionary<TKey, TValue>(this, [.. _entries], _serializers);

    internal override CollectionLoad Load() => new DictionaryLoad(this);

    internal override void Reset() => _entries = [];

    private TKey ReadKey(ref FieldReader reader) =>
        reader.Value(_serializers.Keys, Name) ?? throw reader.Refused($"a key of '{Name}' in it is null");

    private void Put(TKey key, TValue value)
    {
        ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, key, out var isThere);
        _changes.Add(new Change(key, place, isThere, Replaced: null));
        place = value;
    }

    private bool Drop(TKey key)
    {
        if (!_entries.Remove(key, out var value)) return false;
        _changes.Add(new Change(key, value, WasThere: true, Replaced: null));
        return true;
    }

    private void Empty()
    {
        _changes.Add(new Change(default!, default, WasThere: false, _entries));
        _entries = [];
    }

    private readonly record struct Change(
        TKey Key, TValue? Value, bool WasThere, Dictionary<TKey, TValue>? Replaced);

    private sealed class DictionaryLoad(ReplicatedDictionary<TKey, TValue> dictionary) : CollectionLoad
    {
        private readonly Dictionary<TKey, TValue> _entries = [];

        public override void Item(ref FieldReader reader)
        {
            var key = dictionary.ReadKey(ref reader);
            if (!_entries.TryAdd(key, reader.Value(dictionary._serializers.Values, dictionary.Name)))
                throw reader.Refused($"a key of '{dictionary.Name}' is twice in it");
        }

        public override void Take() => dictionary._entries = _entries;
    }
}
