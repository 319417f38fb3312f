namespace Understudy;

/// <summary>One value; the initial one until the first is set.</summary>
/// <typeparam name="T">An immutable type.</typeparam>
/// <example>
/// <code>
/// var settings = state.Value("settings", new Settings());
/// await state.TransactionAsync(tx => settings.Set(tx, settings.Get(tx) with { IsOpen = true }), cancellationToken);
/// </code>
/// </example>
public sealed class ReplicatedValue<T> : ReplicatedCollection
{
    private readonly IReplicatedSerializer<T> _serializer;
    private readonly T _initial;
    private Content _content;
    private Content _before;

    internal ReplicatedValue(
        ReplicatedState state, string name, T initial, IReplicatedSerializer<T> serializer, bool isDeclared = true)
        : base(state, name, isDeclared)
    {
        _initial = initial;
        _serializer = serializer;
    }

    internal override CollectionKind Kind => CollectionKind.Value;

    internal override bool IsEmpty => !_content.IsSet;

    /// <summary>The value; the initial one if none was set.</summary>
    /// <example>
    /// <code>
    /// var now = await state.ReadAsync(reader => settings.Get(reader), cancellationToken);
    /// </code>
    /// </example>
    public T Get(ReplicatedReader reader)
    {
        reader.Check(this);
        return _content.IsSet ? _content.Value! : _initial;
    }

    /// <summary>Replaces the value.</summary>
    /// <exception cref="TransactionTooLargeException">There is no room for it in this transaction.</exception>
    /// <example>
    /// <code>
    /// await state.TransactionAsync(tx => settings.Set(tx, changed), cancellationToken);
    /// </code>
    /// </example>
    public void Set(ReplicatedTransaction tx, T value)
    {
        tx.For(this).Append(this, ChangeKind.Set, _serializer, value);
        _content = new Content(IsSet: true, value);
    }

    /// <summary>Goes back to the initial value.</summary>
    /// <exception cref="TransactionTooLargeException">There is no room for it in this transaction.</exception>
    /// <example><code>await state.TransactionAsync(tx => settings.Clear(tx), cancellationToken);</code></example>
    public void Clear(ReplicatedTransaction tx)
    {
        var open = tx.For(this);
        if (IsEmpty) return;
        open.Append(this, ChangeKind.Clear);
        _content = default;
    }

    internal override void Apply(ChangeKind change, ref FieldReader reader) => _content = change switch
    {
        ChangeKind.Set => new Content(IsSet: true, reader.Value(_serializer, Name)),
        ChangeKind.Clear => default,
        _ => throw Unknown(change, reader),
    };

    internal override void Undo() => _content = _before;

    internal override void Keep() => _before = _content;

    internal override FrozenCollection Freeze() =>
        new FrozenSequence<T>(this, _content.IsSet ? [_content.Value!] : [], _serializer);

    internal override CollectionLoad Load() => new ValueLoad(this);

    internal override void Reset() => _content = _before = default;

    private readonly record struct Content(bool IsSet, T? Value);

    private sealed class ValueLoad(ReplicatedValue<T> owner) : CollectionLoad
    {
        private Content _content;

        public override void Item(ref FieldReader reader)
        {
            if (_content.IsSet) throw reader.Refused($"'{owner.Name}' is twice in it");
            _content = new Content(IsSet: true, reader.Value(owner._serializer, owner.Name));
        }

        public override void Take() => owner._content = owner._before = _content;
    }
}
