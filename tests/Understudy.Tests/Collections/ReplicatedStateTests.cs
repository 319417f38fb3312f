namespace Understudy.Tests.Collections;

public sealed class ReplicatedStateTests
{
    private readonly Shop _shop;
    private readonly MemorySink _sink;

    public ReplicatedStateTests() => (_shop, _sink) = Shop.Open();

    [Fact]
    public async Task Several_collections_change_in_one_checkpoint()
    {
        (await _shop.PlaceAsync("ann")).ShouldBe(1);
        _sink.Checkpoints.Count.ShouldBe(1);
        _shop.Text().ShouldBe("1:ann:10 | 1 | 1 | open");
    }

    [Fact]
    public async Task A_transaction_sees_its_own_changes() =>
        (await _shop.State.TransactionAsync(tx =>
        {
            _shop.Motto.Set(tx, "mine");
            return _shop.Motto.Get(tx);
        })).ShouldBe("mine");

    [Fact]
    public async Task A_transaction_that_throws_has_changed_nothing()
    {
        await _shop.PlaceAsync("ann");
        var before = _shop.Text();
        var digest = _shop.State.Digest();

        var e = await Should.ThrowAsync<InvalidDataException>(_shop.State.TransactionAsync(tx =>
        {
            _shop.Orders.Set(tx, 1, new Order("eve", 0));
            _shop.Orders.Remove(tx, 1);
            _shop.Orders.Clear(tx);
            _shop.Orders.Set(tx, 2, new Order("eve", 0));
            _shop.Shipments.TryDequeue(tx, out _);
            _shop.Shipments.Enqueue(tx, 5);
            _shop.Shipments.Clear(tx);
            _shop.Shipments.Enqueue(tx, 6);
            _shop.Numbers.Increment(tx);
            _shop.Numbers.Increment(tx);
            _shop.Motto.Set(tx, "eve");
            _shop.Motto.Clear(tx);
            throw new InvalidDataException("no");
        }).AsTask());

        e.Message.ShouldBe("no");
        _shop.Text().ShouldBe(before);
        _shop.State.Digest().ShouldBe(digest);
        _sink.Checkpoints.Count.ShouldBe(1);
        (await _shop.PlaceAsync("bob")).ShouldBe(2);
    }

    [Fact]
    public async Task A_transaction_returns_when_it_is_committed_and_the_next_runs_meanwhile()
    {
        _sink.IsHolding = true;
        var first = _shop.PlaceAsync("ann").AsTask();
        var second = _shop.PlaceAsync("bob").AsTask();
        _sink.Checkpoints.Count.ShouldBe(2);
        first.IsCompleted.ShouldBeFalse();

        _sink.Commit(1);
        (await first).ShouldBe(1);
        second.IsCompleted.ShouldBeFalse();
        _sink.Commit(1);
        (await second).ShouldBe(2);
    }

    [Fact]
    public async Task A_read_waits_for_what_it_saw_and_for_the_confirmation()
    {
        _sink.IsHolding = true;
        var confirmation = new TaskCompletionSource();
        _sink.Confirmation = confirmation.Task;
        var place = _shop.PlaceAsync("ann").AsTask();
        var read = _shop.State.ReadAsync(reader => _shop.Numbers.Get(reader)).AsTask();
        var later = _shop.PlaceAsync("bob").AsTask();

        confirmation.SetResult();
        read.IsCompleted.ShouldBeFalse();
        _sink.Commit(1);
        (await read).ShouldBe(1);
        (await place).ShouldBe(1);
        later.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_read_fails_if_it_is_not_confirmed()
    {
        _sink.Confirmation = Task.FromException(new NotPrimaryException("shop"));
        await Should.ThrowAsync<NotPrimaryException>(_shop.State.ReadAsync(_shop.Numbers.Get).AsTask());
    }

    [Fact]
    public async Task A_transaction_that_changes_nothing_is_a_read()
    {
        (await _shop.State.TransactionAsync(tx => _shop.Numbers.Increment(tx, by: 0))).ShouldBe(0);
        _sink.Checkpoints.ShouldBeEmpty();
        _sink.Confirmations.ShouldBe(1);
    }

    // "There is an order 1" must not be told on the strength of an order that may still be lost.
    [Fact]
    public async Task A_refusal_waits_for_what_it_rests_on()
    {
        _sink.IsHolding = true;
        var place = _shop.PlaceAsync("ann").AsTask();
        var refusal = _shop.State.TransactionAsync(tx =>
        {
            if (_shop.Orders.Contains(tx, 1)) throw new InvalidDataException("There is an order 1.");
        }).AsTask();

        refusal.IsCompleted.ShouldBeFalse();
        _sink.Commit(1);
        await Should.ThrowAsync<InvalidDataException>(refusal);
        await place;
    }

    [Fact]
    public async Task Cancelling_ends_the_waiting_and_not_the_transaction()
    {
        _sink.IsHolding = true;
        using var cancelled = new CancellationTokenSource();
        var place = _shop.PlaceAsync("ann", cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(place);
        _sink.Commit(1);
        (await _shop.State.ReadAsync(_shop.Numbers.Get)).ShouldBe(1);
    }

    [Fact]
    public async Task A_cancelled_token_begins_nothing()
    {
        await Should.ThrowAsync<OperationCanceledException>(
            _shop.PlaceAsync("ann", new CancellationToken(canceled: true)).AsTask());
        _sink.Checkpoints.ShouldBeEmpty();
        _shop.State.ReadLocal(_shop.Numbers.Get).ShouldBe(0);
    }

    [Fact]
    public async Task A_checkpoint_that_is_not_taken_undoes_its_transaction()
    {
        _sink.Refusal = new NotPrimaryException("shop");
        await Should.ThrowAsync<NotPrimaryException>(_shop.PlaceAsync("ann").AsTask());
        _shop.Text().ShouldBe(" |  | 0 | open");
        _sink.Refusal = null;
        (await _shop.PlaceAsync("bob")).ShouldBe(1);
    }

    [Fact]
    public async Task A_deposed_primary_is_taken_back_by_a_snapshot_and_the_committed_checkpoints()
    {
        var start = _shop.Save();
        await _shop.PlaceAsync("ann");
        _sink.IsHolding = true;
        var place = _shop.PlaceAsync("bob").AsTask();
        var read = _shop.State.ReadAsync(_shop.Numbers.Get).AsTask();
        _sink.Fail(new NotPrimaryException("shop"));
        await Should.ThrowAsync<NotPrimaryException>(place);
        await Should.ThrowAsync<NotPrimaryException>(read);

        _shop.State.BecomeStandby("n2");
        _shop.Load(start);
        _shop.State.ApplyCheckpoint(_sink.Checkpoints[0]);
        _shop.Text().ShouldBe("1:ann:10 | 1 | 1 | open");
    }

    [Fact]
    public void A_checkpoint_to_a_primary_is_a_mistake() =>
        Should.Throw<InvalidOperationException>(() => _shop.State.ApplyCheckpoint(new byte[] { 1, 1 }));

    [Fact]
    public void A_service_can_run_a_transaction_in_a_turn_of_its_own()
    {
        _shop.State.Execute(5, (tx, by) => _shop.Numbers.Increment(tx, by), out var checkpoint).ShouldBe(5);
        _shop.State.Execute(0, (tx, _) => _shop.Numbers.Get(tx), out var nothing).ShouldBe(5);
        nothing.IsEmpty.ShouldBeTrue();
        var follower = new Shop();
        follower.State.ApplyCheckpoint(checkpoint);
        follower.Text().ShouldBe(_shop.Text());
    }

    [Fact]
    public async Task A_transaction_that_was_cancelled_before_its_turn_is_not_run()
    {
        var state = new ReplicatedState();
        var number = state.Counter("number");
        var sink = new LateSink();
        state.BecomePrimary("late", sink);
        using var cancelled = new CancellationTokenSource();
        var increment = state.TransactionAsync(tx => number.Increment(tx), cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(increment);
        sink.Turn!().IsEmpty.ShouldBeTrue();
        state.ReadLocal(number.Get).ShouldBe(0);
    }

    [Fact]
    public async Task A_standby_says_who_is_primary()
    {
        _shop.State.BecomeStandby("n2");
        var e = await Should.ThrowAsync<NotPrimaryException>(_shop.PlaceAsync("ann").AsTask());
        e.Primary.ShouldBe("n2");
        e.Message.ShouldBe(
            "This node's provider of shop is not primary, or was demoted meanwhile. n2 is primary: ask there.");
        (await Should.ThrowAsync<NotPrimaryException>(_shop.State.ReadAsync(_shop.Numbers.Get).AsTask()))
            .Primary.ShouldBe("n2");
        _shop.State.ReadLocal(_shop.Numbers.Get).ShouldBe(0);
    }

    [Fact]
    public async Task Transactions_and_reads_do_not_nest()
    {
        await Should.ThrowAsync<InvalidOperationException>(
            _shop.State.TransactionAsync(tx => _shop.PlaceAsync("ann").AsTask().Id).AsTask());
        await Should.ThrowAsync<InvalidOperationException>(
            _shop.State.TransactionAsync(tx => _shop.State.ReadLocal(_shop.Numbers.Get)).AsTask());
    }

    [Fact]
    public async Task A_collection_of_another_state_is_refused_by_name()
    {
        var other = new Shop();
        var e = await Should.ThrowAsync<InvalidOperationException>(
            _shop.State.TransactionAsync(tx => other.Numbers.Increment(tx)).AsTask());
        e.Message.ShouldStartWith("'numbers' belongs to another ReplicatedState");
        Should.Throw<InvalidOperationException>(() => other.Numbers.Get(default));
        Should.Throw<InvalidOperationException>(() => other.Numbers.Increment(default));
    }

    [Fact]
    public async Task A_transaction_has_a_largest_size()
    {
        var (shop, sink) = Shop.Open(new() { Json = ShopJson.Default.Options, MaxTransactionBytes = 100 });
        var e = await Should.ThrowAsync<TransactionTooLargeException>(shop.State.TransactionAsync(tx =>
        {
            shop.Numbers.Increment(tx);
            shop.Motto.Set(tx, new string('x', 100));
        }).AsTask());
        e.Message.ShouldContain("100 are allowed");
        sink.Checkpoints.ShouldBeEmpty();
        shop.State.ReadLocal(shop.Numbers.Get).ShouldBe(0);
    }

    // What a serializer throws may be caught inside: the checkpoint has no half of it.
    [Fact]
    public async Task A_value_that_cannot_be_written_leaves_no_trace()
    {
        var state = new ReplicatedState();
        var sink = new MemorySink();
        var numbers = state.Dictionary<string, double>("numbers");
        state.BecomePrimary("shop", sink);
        await state.TransactionAsync(tx =>
        {
            try
            {
                numbers.Set(tx, "bad", double.NaN);
            }
            catch (ArgumentException)
            {
                numbers.Set(tx, "good", 1);
            }
        });

        var follower = new ReplicatedState();
        var followed = follower.Dictionary<string, double>("numbers");
        follower.ApplyCheckpoint(sink.Checkpoints.Single());
        follower.ReadLocal(reader => followed.Items(reader).ToArray()).ShouldBe([new("good", 1)]);
        follower.Digest().ShouldBe(state.Digest());
    }

    /// <summary>Gives no turn before the test does.</summary>
    private sealed class LateSink : ICheckpointSink
    {
        public Func<ReadOnlyMemory<byte>>? Turn { get; private set; }

        public ValueTask<long> CheckpointAsync(Func<ReadOnlyMemory<byte>> change)
        {
            Turn = change;
            return new(new TaskCompletionSource<long>().Task);
        }

        public ValueTask ConfirmAsync() => default;
    }
}
