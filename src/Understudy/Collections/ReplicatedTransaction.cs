namespace Understudy;

/// <summary>
/// The right to change the collections of one state, for as long as the function runs that was given it. It cannot be
/// kept: it lives on the stack only, so a transaction cannot wait for anything in its middle.
/// </summary>
/// <example>
/// <code>
/// var number = await state.TransactionAsync(
///     tx =>
///     {
///         var next = numbers.Increment(tx);
///         orders.Set(tx, next, order);
///         return next;
///     },
///     cancellationToken);
/// </code>
/// </example>
public readonly ref struct ReplicatedTransaction
{
    private readonly OpenTransaction? _open;

    internal ReplicatedTransaction(OpenTransaction open) => _open = open;

    /// <summary>Reads inside a transaction see what it has changed so far.</summary>
    public static implicit operator ReplicatedReader(ReplicatedTransaction transaction) => transaction.ToReader();

    /// <summary>The same as the conversion: reads that see what the transaction has changed so far.</summary>
    public ReplicatedReader ToReader() => _open is null ? default : new ReplicatedReader(_open.State);

    internal OpenTransaction For(ReplicatedCollection collection)
    {
        collection.CheckBelongsTo(_open?.State);
        return _open!;
    }
}
