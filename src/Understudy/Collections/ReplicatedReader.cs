namespace Understudy;

/// <summary>
/// The right to read the collections of one state, for as long as the function runs that was given it. It cannot be
/// kept: it lives on the stack only, so not in an <c>async</c> function either. A
/// <see cref="ReplicatedTransaction"/> serves wherever a reader is asked for.
/// </summary>
/// <example>
/// <code>
/// var open = await state.ReadAsync(reader => shipments.Count(reader), cancellationToken);
/// </code>
/// </example>
public readonly ref struct ReplicatedReader
{
    private readonly ReplicatedState? _state;

    internal ReplicatedReader(ReplicatedState state) => _state = state;

    internal void Check(ReplicatedCollection collection) => collection.CheckBelongsTo(_state);
}
