using Understudy;

namespace Tickets;

/// <summary>Which tickets were sold, and for which orders. (A real one would forget old orders.)</summary>
public sealed class BoxOfficeState : ReplicatedStateService
{
    private readonly ReplicatedCounter _sold;
    private readonly ReplicatedDictionary<string, long> _ofOrder;

    public BoxOfficeState()
        : base(new ReplicatedState())
    {
        _sold = State.Counter("sold");
        _ofOrder = State.Dictionary<string, long>("ofOrder");
    }

    /// <summary>The ticket of an order: a new one, unless it was sold before.</summary>
    public ValueTask<long> SellAsync(string order, CancellationToken cancellationToken) => State.TransactionAsync(
        tx =>
        {
            if (_ofOrder.TryGet(tx, order, out var number)) return number;
            number = _sold.Increment(tx);
            _ofOrder.Set(tx, order, number);
            return number;
        },
        cancellationToken);

    /// <summary>The number of the last ticket.</summary>
    public ValueTask<long> LastAsync(CancellationToken cancellationToken) =>
        State.ReadAsync(reader => _sold.Get(reader), cancellationToken);
}
