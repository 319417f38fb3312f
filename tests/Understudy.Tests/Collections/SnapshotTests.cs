using System.Buffers;
using CsCheck;

namespace Understudy.Tests.Collections;

public sealed class SnapshotTests
{
    [Fact]
    public async Task The_bytes_of_a_snapshot_are_as_agreed()
    {
        var (shop, _) = Shop.Open();
        await shop.PlaceAsync("ann");
        await shop.State.TransactionAsync(tx => shop.Motto.Set(tx, "hi"));
        Convert.ToHexStringLower(shop.Save()).ShouldBe(
            "55535354" + "01000000" + "01000000"                          // magic, layout, the application's format
            + "0c000000" + "056d6f74746f02" + "0422686922"               // motto, a value: "hi"
            + "0a000000" + "076e756d6265727304" + "02"                   // numbers, a counter: 1
            + "29000000" + "066f726465727301" + "0131"                   // orders, a dictionary: key 1
            + "1e7b22437573746f6d6572223a22616e6e222c22416d6f756e74223a31307d"
            + "0d000000" + "09736869706d656e747303" + "0131"             // shipments, a queue: 1
            + "00000000" + "6800000000000000" + "059f0a3ffd821b3d0f64b2d7d01d3633"); // end, length, hash
    }

    [Fact]
    public async Task An_empty_state_has_a_header_and_an_end()
    {
        var bytes = new Shop().Save();
        bytes.Length.ShouldBe(SnapshotFormat.HeaderBytes + SnapshotFormat.EndBytes);
        new Shop().Load(bytes).Empty.ShouldBe(["motto", "numbers", "orders", "shipments"]);
    }

    [Fact]
    public async Task A_snapshot_of_many_blocks_returns_whole()
    {
        var (shop, _) = Shop.Open();
        for (var count = 0; count < 5_000; count++) await shop.PlaceAsync($"customer {count}");
        var bytes = shop.Save();
        bytes.Length.ShouldBeGreaterThan(3 * SnapshotFormat.FullBlockBytes);

        var loaded = new Shop();
        loaded.Load(bytes);
        loaded.Text().ShouldBe(shop.Text());
        loaded.Save().ShouldBe(bytes);
    }

    [Fact]
    public async Task Equal_contents_have_equal_bytes_however_they_came_about()
    {
        var (one, _) = Shop.Open();
        var (other, _) = Shop.Open();
        await one.State.TransactionAsync(tx =>
        {
            for (var key = 0; key < 100; key++) one.Orders.Set(tx, key, new Order("x", key));
        });
        await other.State.TransactionAsync(tx =>
        {
            for (var key = 150; key-- > 0;) other.Orders.Set(tx, key, new Order("y", key));
            for (var key = 100; key < 150; key++) other.Orders.Remove(tx, key);
            for (var key = 0; key < 100; key++) other.Orders.Set(tx, key, new Order("x", key));
            other.Shipments.Enqueue(tx, 1);
            other.Shipments.TryDequeue(tx, out _);
        });
        other.Save().ShouldBe(one.Save());
        other.State.Digest().ShouldBe(one.State.Digest());
    }

    [Fact]
    public async Task A_snapshot_is_of_one_moment()
    {
        var (shop, _) = Shop.Open();
        await shop.PlaceAsync("ann");
        var frozen = shop.State.Freeze();
        var digest = frozen.Digest();
        await shop.State.TransactionAsync(tx =>
        {
            shop.Orders.Set(tx, 1, new Order("eve", 0));
            shop.Shipments.Clear(tx);
        });
        frozen.Digest().ShouldBe(digest);
        shop.State.Digest().ShouldNotBe(digest);
    }

    [Fact]
    public async Task What_a_newer_version_added_is_kept_passed_on_and_saved()
    {
        var newer = new ReplicatedState();
        var sink = new MemorySink();
        var refunds = newer.Dictionary<string, int>("refunds");
        var steps = newer.Queue<string>("steps");
        var ready = newer.Value("ready", initial: false);
        var orders = newer.Counter("numbers");
        newer.BecomePrimary("shop", sink);
        await newer.TransactionAsync(tx =>
        {
            for (var key = 0; key < 10; key++) refunds.Set(tx, $"r{key}", key);
            refunds.Remove(tx, "r3");
            steps.Enqueue(tx, "a");
            steps.Enqueue(tx, "b");
            ready.Set(tx, true);
            orders.Increment(tx);
        });
        await newer.TransactionAsync(tx => steps.TryDequeue(tx, out _));

        var older = new Shop();
        foreach (var checkpoint in sink.Checkpoints) older.State.ApplyCheckpoint(checkpoint);
        older.State.UndeclaredCollections.ShouldBe(["ready", "refunds", "steps"]);
        older.State.Digest().ShouldBe(newer.Digest());

        var snapshot = older.Save();
        var another = new Shop();
        var loaded = another.Load(snapshot);
        loaded.Undeclared.ShouldBe(["ready", "refunds", "steps"]);
        loaded.Empty.ShouldBe(["motto", "orders", "shipments"]);
        another.Save().ShouldBe(snapshot);
    }

    [Fact]
    public async Task A_snapshot_replaces_everything()
    {
        var (shop, _) = Shop.Open();
        var empty = shop.Save();
        await shop.PlaceAsync("ann");
        await shop.State.TransactionAsync(tx => shop.Motto.Set(tx, "hi"));
        shop.State.BecomeStandby("n2");
        shop.Load(empty);
        shop.Text().ShouldBe(new Shop().Text());
        shop.State.Digest().ShouldBe(new Shop().State.Digest());
    }

    [Fact]
    public async Task A_snapshot_of_an_unknown_format_is_refused_by_number()
    {
        var bytes = new Shop(new() { Json = ShopJson.Default.Options, Format = 7 }).Save();
        var e = Should.Throw<StateRefusedException>(() => new Shop().Load(bytes));
        e.Message.ShouldBe(
            "A snapshot was refused: it has format 7, and this version of the service reads format 1; "
            + "run the version of the service that wrote it.");
    }

    [Fact]
    public async Task A_collection_of_another_kind_is_refused_by_name()
    {
        var other = new ReplicatedState();
        var orders = other.Counter("orders");
        other.BecomePrimary("shop", new MemorySink());
        await other.TransactionAsync(tx => orders.Increment(tx));
        var output = new ArrayBufferWriter<byte>();
        other.SaveSnapshot(output);
        var e = Should.Throw<StateRefusedException>(() => new Shop().Load(output.WrittenSpan.ToArray()));
        e.Message.ShouldContain("'orders' is a Counter in it and a Dictionary here");
    }

    [Fact]
    public async Task Every_prefix_and_every_flipped_bit_is_refused_and_changes_nothing()
    {
        var (shop, _) = Shop.Open();
        await shop.PlaceAsync("ann");
        var bytes = shop.Save();
        var target = new Shop();
        var before = target.State.Digest();
        for (var length = 1; length < bytes.Length; length++) Refuses(target, bytes[..length]);
        for (var place = 0; place < bytes.Length; place++)
        {
            var damaged = bytes.ToArray();
            damaged[place] ^= (byte)(1 << place % 8);
            Refuses(target, damaged);
        }

        target.State.Digest().ShouldBe(before);
    }

    [Fact]
    public void Random_bytes_are_refused() => Gen.Byte.Array[0, 200].Sample(
        bytes => Refuses(new Shop(), [.. "USST"u8, 1, 0, 0, 0, 1, 0, 0, 0, .. bytes]), iter: 2_000);

    [Fact]
    public void A_length_that_is_only_claimed_is_not_allocated()
    {
        byte[] bytes = [.. "USST"u8, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7, 1, 2, 3];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refuses(new Shop(), bytes);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1024 * 1024);
    }

    [Fact]
    public async Task A_snapshot_in_pieces_is_read_as_one()
    {
        var (shop, _) = Shop.Open();
        await shop.PlaceAsync("ann");
        var pieces = shop.Save().Chunk(5).ToArray();
        Piece first = new(pieces[0], 0), last = first;
        foreach (var piece in pieces[1..]) last = last.Then(piece);
        var loaded = new Shop();
        loaded.State.LoadSnapshot(new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length));
        loaded.Text().ShouldBe(shop.Text());
    }

    [Fact]
    public async Task No_bytes_are_the_empty_state()
    {
        var (shop, _) = Shop.Open();
        await shop.PlaceAsync("ann");
        shop.Load([]);
        shop.Text().ShouldBe(new Shop().Text());
    }

    private static void Refuses(Shop shop, byte[] bytes)
    {
        var e = Should.Throw<StateRefusedException>(() => shop.Load(bytes));
        e.Message.ShouldStartWith("A snapshot was refused: ");
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(byte[] bytes, long index) => (Memory, RunningIndex) = (bytes, index);

        public Piece Then(byte[] bytes)
        {
            var next = new Piece(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
