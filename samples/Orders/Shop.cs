using System.Text.Json;
using Understudy;

namespace Orders;

/// <summary>Takes orders and ships them: a dictionary, a queue and a counter, always changed together.</summary>
public sealed class Shop : ReplicatedStateService
{
    private readonly ReplicatedDictionary<long, Order> _orders;
    private readonly ReplicatedQueue<long> _shipments;
    private readonly ReplicatedCounter _numbers;

    public Shop()
        : base(new ReplicatedState(OrdersJson.Default))
    {
        _orders = State.Dictionary<long, Order>("orders");
        _shipments = State.Queue<long>("shipments");
        _numbers = State.Counter("numbers");
    }

    /// <summary>Takes an order, where this provider is primary. When it returns, the order cannot be lost.</summary>
    public ValueTask<long> PlaceAsync(Order order, CancellationToken cancellationToken = default) =>
        State.TransactionAsync(tx => Place(tx, order), cancellationToken);

    /// <summary>Ships what has waited longest; null if nothing waits.</summary>
    public ValueTask<long?> ShipNextAsync(CancellationToken cancellationToken = default) =>
        State.TransactionAsync(Ship, cancellationToken);

    /// <summary>The order as it is now.</summary>
    public ValueTask<Order?> FindAsync(long number, CancellationToken cancellationToken = default) =>
        State.ReadAsync(
            reader => _orders.TryGet(reader, number, out var order) ? order : null, cancellationToken);

    /// <summary>How many orders wait to be shipped, as this node knows it.</summary>
    public int Waiting => State.ReadLocal(reader => _shipments.Count(reader));

    /// <summary>The same for whichever node was asked.</summary>
    public override ValueTask<ServiceOutcome> HandleRequestAsync(
        ServiceRequest request, CancellationToken cancellationToken) =>
        new(InTurn(request, (tx, asked) => Read(asked) switch
        {
            PlaceOrder place => Bytes(Place(tx, place.Order)),
            ShipNext => Bytes(Ship(tx)),
            FindOrder find => JsonSerializer.SerializeToUtf8Bytes(
                _orders.TryGet(tx, find.Number, out var order) ? order : null, OrdersJson.Default.Order!),
            _ => throw new InvalidOperationException("a request that the shop does not know"),
        }));

    private static ShopRequest? Read(ServiceRequest request) =>
        JsonSerializer.Deserialize(request.Body.Span, OrdersJson.Default.ShopRequest);

    private static ReadOnlyMemory<byte> Bytes(long? number) =>
        JsonSerializer.SerializeToUtf8Bytes(number, OrdersJson.Default.NullableInt64);

    private long Place(ReplicatedTransaction tx, Order order)
    {
        var number = _numbers.Increment(tx);
        _orders.Set(tx, number, order);
        _shipments.Enqueue(tx, number);
        return number;
    }

    private long? Ship(ReplicatedTransaction tx)
    {
        if (!_shipments.TryDequeue(tx, out var number)) return null;
        _orders.Set(tx, number, _orders.Get(tx, number) with { IsShipped = true });
        return number;
    }
}
