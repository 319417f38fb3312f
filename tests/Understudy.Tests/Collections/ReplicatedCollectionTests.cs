namespace Understudy.Tests.Collections;

public sealed class ReplicatedCollectionTests
{
    private readonly Shop _shop;
    private readonly MemorySink _sink;

    public ReplicatedCollectionTests() => (_shop, _sink) = Shop.Open();

    [Fact]
    public async Task A_dictionary_finds_what_was_set_and_not_what_was_removed()
    {
        await _shop.State.TransactionAsync(tx =>
        {
            _shop.Orders.Set(tx, 1, new Order("ann", 10));
            _shop.Orders.Set(tx, 2, new Order("bob", 20));
            _shop.Orders.Set(tx, 1, new Order("ann", 11));
            _shop.Orders.Remove(tx, 2).ShouldBeTrue();
            _shop.Orders.Remove(tx, 2).ShouldBeFalse();
            _shop.Orders.TryAdd(tx, 1, new Order("eve", 0)).ShouldBeFalse();
            _shop.Orders.TryAdd(tx, 3, new Order("cyd", 30)).ShouldBeTrue();
        });

        await _shop.State.ReadAsync(reader =>
        {
            _shop.Orders.Count(reader).ShouldBe(2);
            _shop.Orders.Get(reader, 1).ShouldBe(new Order("ann", 11));
            _shop.Orders.TryGet(reader, 2, out _).ShouldBeFalse();
            _shop.Orders.Contains(reader, 3).ShouldBeTrue();
            return 0;
        });
        Follower().Text().ShouldBe(_shop.Text());
    }

    [Fact]
    public async Task A_key_that_is_not_there_is_named()
    {
        var e = await Should.ThrowAsync<KeyNotFoundException>(
            _shop.State.ReadAsync(reader => _shop.Orders.Get(reader, 7)).AsTask());
        e.Message.ShouldBe("'orders' has no key 7.");
    }

    [Fact]
    public async Task A_queue_gives_first_what_came_first()
    {
        await _shop.State.TransactionAsync(tx =>
        {
            for (var number = 1; number <= 9; number++) _shop.Shipments.Enqueue(tx, number);
            _shop.Shipments.TryDequeue(tx, out var first).ShouldBeTrue();
            first.ShouldBe(1);
            _shop.Shipments.TryPeek(tx, out var next).ShouldBeTrue();
            next.ShouldBe(2);
        });

        _shop.State.ReadLocal(reader => _shop.Shipments.Items(reader).ToArray()).ShouldBe([2, 3, 4, 5, 6, 7, 8, 9]);
        Follower().Text().ShouldBe(_shop.Text());
    }

    [Fact]
    public async Task An_empty_queue_gives_nothing_and_makes_no_checkpoint()
    {
        await _shop.State.TransactionAsync(tx => _shop.Shipments.TryDequeue(tx, out _).ShouldBeFalse());
        _sink.Checkpoints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_value_is_the_initial_one_until_it_is_set()
    {
        _shop.State.ReadLocal(reader => _shop.Motto.Get(reader)).ShouldBe("open");
        await _shop.State.TransactionAsync(tx => _shop.Motto.Set(tx, "closed"));
        _shop.State.ReadLocal(reader => _shop.Motto.Get(reader)).ShouldBe("closed");
        Follower().Text().ShouldBe(_shop.Text());
        await _shop.State.TransactionAsync(tx => _shop.Motto.Clear(tx));
        _shop.State.ReadLocal(reader => _shop.Motto.Get(reader)).ShouldBe("open");
        Follower().Text().ShouldBe(_shop.Text());
    }

    [Fact]
    public async Task A_counter_counts()
    {
        (await _shop.State.TransactionAsync(tx => _shop.Numbers.Increment(tx))).ShouldBe(1);
        (await _shop.State.TransactionAsync(tx => _shop.Numbers.Increment(tx, by: -5))).ShouldBe(-4);
        await _shop.State.TransactionAsync(tx => _shop.Numbers.Set(tx, long.MinValue));
        Follower().Text().ShouldBe(_shop.Text());
    }

    [Fact]
    public async Task A_counter_does_not_wrap_around()
    {
        await _shop.State.TransactionAsync(tx => _shop.Numbers.Set(tx, long.MaxValue));
        await Should.ThrowAsync<OverflowException>(
            _shop.State.TransactionAsync(tx => _shop.Numbers.Increment(tx)).AsTask());
        _shop.State.ReadLocal(reader => _shop.Numbers.Get(reader)).ShouldBe(long.MaxValue);
    }

    [Fact]
    public async Task Emptied_collections_are_empty_everywhere()
    {
        await _shop.PlaceAsync("ann");
        await _shop.State.TransactionAsync(tx =>
        {
            _shop.Orders.Clear(tx);
            _shop.Shipments.Clear(tx);
            _shop.Orders.Set(tx, 9, new Order("bob", 1));
        });
        _shop.Text().ShouldBe("9:bob:1 |  | 1 | open");
        Follower().Text().ShouldBe(_shop.Text());
    }

    [Fact]
    public async Task A_foreach_goes_through_all_entries()
    {
        await _shop.PlaceAsync("ann");
        await _shop.PlaceAsync("bob");
        var total = await _shop.State.ReadAsync(reader =>
        {
            var amount = 0;
            foreach (var (_, order) in _shop.Orders.Items(reader)) amount += order.Amount;
            foreach (var number in _shop.Shipments.Items(reader)) amount += (int)number;
            return amount;
        });
        total.ShouldBe(33);
    }

    private Shop Follower()
    {
        var follower = new Shop();
        foreach (var checkpoint in _sink.Checkpoints) follower.State.ApplyCheckpoint(checkpoint);
        return follower;
    }
}
