using System.Diagnostics.CodeAnalysis;

namespace Understudy;

/// <summary>Values in the order in which they came; the first goes first.</summary>
/// <typeparam name="T">An immutable type.</typeparam>
/// <example>
/// <code>
/// var shipments = state.Queue&lt;long&gt;("shipments");
/// await state.TransactionAsync(tx => shipments.Enqueue(tx, 17), cancellationToken);
/// </code>
/// </example>
public sealed class ReplicatedQueue<T> : ReplicatedCollection
{
    private readonly IReplicatedSerializer<T> _serializer;
    private readonly List<Change> _changes = [];
    private Deque<T> _values = new();

    internal ReplicatedQueue(
        ReplicatedState state, string name, IReplicatedSerializer<T> serializer, bool isDeclared = true)
        : base(state, name, isDeclared) => _serializer = serializer;

    internal override CollectionKind Kind => CollectionKind.Queue;

    internal override bool IsEmpty => _values.Count == 0;

    /// <summary>How many values wait.</summary>
    /// <example><code>var waiting = state.ReadLocal(reader => shipments.Count(reader));</code></example>
    public int Count(ReplicatedReader reader)
    {
        reader.Check(this);
        return _values.Count;
    }

    /// <summary>The first value, which stays.</summary>
    /// <example><code>if (shipments.TryPeek(tx, out var number)) orders.Get(tx, number);</code></example>
    public bool TryPeek(ReplicatedReader reader, [MaybeNullWhen(false)] out T value)
    {
        reader.Check(this);
        value = IsEmpty ? default : _values[0];
        return !IsEmpty;
    }

    /// <summary>All values in their order, for a <c>foreach</c> or as a copy by <c>ToArray()</c>.</summary>
    /// <example><code>var all = state.ReadLocal(reader => shipments.Items(reader).ToArray());</code></example>
    public QueueItems<T> Items(ReplicatedReader reader)
    {
        reader.Check(this);
        return new QueueItems<T>(_values);
    }

    /// <summary>Adds a value as the last.</summary>
    /// <exception cref="TransactionTooLargeException">There is no room for it in this transaction.</exception>
    /// <example>
    /// <code>
    /// await state.TransactionAsync(tx => shipments.Enqueue(tx, 17), cancellationToken);
    /// </code>
    /// </example>
    public void Enqueue(ReplicatedTransaction tx, T value)
    {
        tx.For(this).Append(this, ChangeKind.Enqueue, _serializer, value);
        AddLast(value);
    }

    /// <summary>Takes the first value away, if there is one.</summary>
    /// <exception cref="TransactionTooLargeException">There is no room for it in this transaction.</exception>
    /// <example><code>while (shipments.TryDequeue(tx, out var number)) orders.Remove(tx, number);</code></example>
    public bool TryDequeue(ReplicatedTransaction tx, [MaybeNullWhen(false)] out T value)
    {
        if (!TryPeek(tx, out value)) return false;
        tx.For(this).Append(this, ChangeKind.Dequeue);
        RemoveFirst();
        return true;
    }

    /// <summary>Takes all values away.</summary>
    /// <exception cref="TransactionTooLargeException">There is no room for it in this transaction.</exception>
    /// <example><code>await state.TransactionAsync(tx => shipments.Clear(tx), cancellationToken);</code></example>
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
            case ChangeKind.Enqueue: AddLast(reader.Value(_serializer, Name)); break;
            case ChangeKind.Dequeue when IsEmpty:
                throw reader.Refused($"it takes a value from '{Name}', which is empty");
            case ChangeKind.Dequeue: RemoveFirst(); break;
            case ChangeKind.Clear: Empty(); break;
            default: throw Unknown(change, reader);
        }
    }

    internal override void Undo()
    {
        for (var at = _changes.Count - 1; at >= 0; at--)
        {
            var change = _changes[at];
            if (change.Replaced is { } values) _values = values;
            else if (change.WasAdded) _values.RemoveLast();
            else _values.AddFirst(change.Removed!);
        }

        _changes.Clear();
    }

    internal override void Keep() => _changes.Clear();

    internal override FrozenCollection Freeze() => new FrozenSequence<T>(this, _values.ToArray(), _serializer);

    internal override CollectionLoad Load() => new QueueLoad(this);

    internal override void Reset() => _values = new Deque<T>();

    private void AddLast(T value)
    {
        _values.AddLast(value);
        _changes.Add(new Change(WasAdded: true, default, Replaced: null));
    }

    private void RemoveFirst() => _changes.Add(new Change(WasAdded: false, _values.RemoveFirst(), Replaced: null));

    private void Empty()
    {
        _changes.Add(new Change(WasAdded: false, default, _values));
        _values = new Deque<T>();
    }

    private readonly record struct Change(bool WasAdded, T? Removed, Deque<T>? Replaced);

    private sealed class QueueLoad(ReplicatedQueue<T> queue) : CollectionLoad
    {
        private readonly Deque<T> _values = new();

        public override void Item(ref FieldReader reader) =>
            _values.AddLast(reader.Value(queue._serializer, queue.Name));

        public override void Take() => queue._values = _values;
    }
}
