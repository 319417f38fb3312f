namespace Understudy;

/// <summary>A whole number, 0 at first.</summary>
/// <example>
/// <code>
/// var numbers = state.Counter("numbers");
/// var next = await state.TransactionAsync(tx => numbers.Increment(tx), cancellationToken);
/// </code>
/// </example>
public sealed class ReplicatedCounter : ReplicatedCollection
{
    private long _number;
    private long _before;

    internal ReplicatedCounter(ReplicatedState state, string name, bool isDeclared = true)
        : base(state, name, isDeclared)
    {
    }

    internal override CollectionKind Kind => CollectionKind.Counter;

    internal override bool IsEmpty => _number == 0;

    /// <summary>The number.</summary>
    /// <example>
    /// <code>
    /// var number = await state.ReadAsync(reader => numbers.Get(reader), cancellationToken);
    /// </code>
    /// </example>
    public long Get(ReplicatedReader reader)
    {
        reader.Check(this);
        return _number;
    }

    /// <summary>Adds to the number.</summary>
    /// <param name="tx">The transaction.</param>
    /// <param name="by">How much; may be negative.</param>
    /// <returns>The new number.</returns>
    /// <exception cref="OverflowException">It would not fit into 64 bits.</exception>
    /// <exception cref="TransactionTooLargeException">There is no room for it in this transaction.</exception>
    /// <example>
    /// <code>
    /// var number = await state.TransactionAsync(tx => numbers.Increment(tx), cancellationToken);
    /// </code>
    /// </example>
    public long Increment(ReplicatedTransaction tx, long by = 1)
    {
        Set(tx, checked(Get(tx) + by));
        return _number;
    }

    /// <summary>Replaces the number.</summary>
    /// <exception cref="TransactionTooLargeException">There is no room for it in this transaction.</exception>
    /// <example><code>await state.TransactionAsync(tx => numbers.Set(tx, 1000), cancellationToken);</code></example>
    public void Set(ReplicatedTransaction tx, long number)
    {
        var open = tx.For(this);
        if (number == _number) return;
        open.Append(this, ChangeKind.Set, number);
        _number = number;
    }

    internal override void Apply(ChangeKind change, ref FieldReader reader)
    {
        if (change != ChangeKind.Set) throw Unknown(change, reader);
        _number = reader.Signed();
    }

    internal override void Undo() => _number = _before;

    internal override void Keep() => _before = _number;

    internal override FrozenCollection Freeze() => new FrozenNumber(this, _number);

    internal override CollectionLoad Load() => new CounterLoad(this);

    internal override void Reset() => _number = _before = 0;

    private sealed class CounterLoad(ReplicatedCounter counter) : CollectionLoad
    {
        private long? _number;

        public override void Item(ref FieldReader reader)
        {
            if (_number is not null) throw reader.Refused($"'{counter.Name}' is twice in it");
            _number = reader.Signed();
        }

        public override void Take() => counter._number = counter._before = _number ?? 0;
    }
}
