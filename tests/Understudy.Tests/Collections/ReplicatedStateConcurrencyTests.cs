using System.Diagnostics;

namespace Understudy.Tests.Collections;

public sealed class ReplicatedStateConcurrencyTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Transactions_and_reads_of_many_threads_are_one_after_the_other()
    {
        const int Callers = 8;
        const int Each = 500;
        var (shop, sink) = Shop.Open();
        sink.IsHolding = true;
        var committing = Task.Run(async () =>
        {
            // A committer of its own: completions come from another thread than the calls.
            for (var committed = 0; committed < Callers * Each;)
            {
                var count = sink.Held;
                sink.Commit(count);
                committed += count;
                await Task.Yield();
            }
        });

        var calls = Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var last = 0L;
            for (var count = 0; count < Each; count++)
            {
                var number = await shop.PlaceAsync($"c{caller}");
                number.ShouldBeGreaterThan(last);
                last = number;
                var seen = await shop.State.ReadAsync(reader => (
                    Number: shop.Numbers.Get(reader),
                    Orders: shop.Orders.Count(reader),
                    Shipments: shop.Shipments.Count(reader)));
                seen.Number.ShouldBeGreaterThanOrEqualTo(number);
                seen.Orders.ShouldBe((int)seen.Number);
                seen.Shipments.ShouldBe((int)seen.Number);
            }
        })).ToArray();

        await Task.WhenAll(calls);
        await committing;
        var follower = new Shop();
        foreach (var checkpoint in sink.Checkpoints) follower.State.ApplyCheckpoint(checkpoint);
        follower.State.Digest().ShouldBe(shop.State.Digest());
        follower.State.ReadLocal(follower.Numbers.Get).ShouldBe(Callers * Each);
    }

    [Fact]
    public async Task A_transaction_allocates_little_more_than_its_payload()
    {
        const int Count = 100_000;
        var state = new ReplicatedState();
        var values = state.Dictionary<int, string>("values");
        state.BecomePrimary("shop", new MemorySink { IsForgetful = true });
        var payload = new string('x', 128);
        await RunAsync(1_000);

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        await RunAsync(Count);
        var elapsed = clock.Elapsed;
        var bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)Count;

        output.WriteLine($"{Count / elapsed.TotalSeconds:N0} transactions a second, {bytes:N0} bytes by each");
        // The checkpoint: header, name and kind, change, key and value with lengths, the array's head.
        bytes.ShouldBeLessThan(200);

        async Task RunAsync(int count)
        {
            for (var at = 0; at < count; at++)
                await state.TransactionAsync((values, key: at & 1023, payload), static (tx, given) =>
                {
                    given.values.Set(tx, given.key, given.payload);
                    return given.key;
                });
        }
    }
}
