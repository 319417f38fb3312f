using System.Buffers;

namespace Understudy.Tests.Collections;

/// <summary>A service with one collection of each kind, as an application would write it.</summary>
internal sealed class Shop
{
    public Shop(ReplicatedStateOptions? options = null)
    {
        State = new ReplicatedState(options ?? new ReplicatedStateOptions { Json = ShopJson.Default.Options });
        Orders = State.Dictionary<long, Order>("orders");
        Shipments = State.Queue<long>("shipments");
        Numbers = State.Counter("numbers");
        Motto = State.Value("motto", "open");
    }

    public ReplicatedState State { get; }

    public ReplicatedDictionary<long, Order> Orders { get; }

    public ReplicatedQueue<long> Shipments { get; }

    public ReplicatedCounter Numbers { get; }

    public ReplicatedValue<string> Motto { get; }

    public static (Shop Shop, MemorySink Sink) Open(ReplicatedStateOptions? options = null)
    {
        var shop = new Shop(options);
        var sink = new MemorySink();
        shop.State.BecomePrimary("shop", sink);
        return (shop, sink);
    }

    public ValueTask<long> PlaceAsync(string customer, CancellationToken cancellationToken = default) =>
        State.TransactionAsync(
            tx =>
            {
                var number = Numbers.Increment(tx);
                Orders.Set(tx, number, new Order(customer, (int)number * 10));
                Shipments.Enqueue(tx, number);
                return number;
            },
            cancellationToken);

    /// <summary>Everything, for comparison.</summary>
    public string Text() => State.ReadLocal(reader => string.Join(
        " | ",
        string.Join(",", Orders.Items(reader).ToArray().OrderBy(entry => entry.Key).Select(
            entry => $"{entry.Key}:{entry.Value.Customer}:{entry.Value.Amount}")),
        string.Join(",", Shipments.Items(reader).ToArray()),
        Numbers.Get(reader),
        Motto.Get(reader)));

    public byte[] Save()
    {
        var output = new ArrayBufferWriter<byte>();
        State.SaveSnapshot(output);
        return output.WrittenSpan.ToArray();
    }

    public SnapshotLoaded Load(byte[] snapshot) => State.LoadSnapshot(new ReadOnlySequence<byte>(snapshot));
}
