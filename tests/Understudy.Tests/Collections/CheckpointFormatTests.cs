using CsCheck;

namespace Understudy.Tests.Collections;

public sealed class CheckpointFormatTests
{
    // A difference is a change of format: decide it first.
    private const string Agreed =
        "0101"                              // layout, the application's format
        + "00076e756d626572730401" + "02"   // numbers, a counter: set 1
        + "00066f726465727301" + "010131"   // orders, a dictionary: set, key 1
        + "1e7b22437573746f6d6572223a22616e6e222c22416d6f756e74223a31307d"
        + "0009736869706d656e747303" + "040131" // shipments, a queue: enqueue 1
        + "0203";                           // orders: clear

    [Fact]
    public async Task The_bytes_of_a_checkpoint_are_as_agreed()
    {
        var (shop, sink) = Shop.Open();
        await shop.State.TransactionAsync(tx =>
        {
            shop.Numbers.Increment(tx);
            shop.Orders.Set(tx, 1, new Order("ann", 10));
            shop.Shipments.Enqueue(tx, 1);
            shop.Orders.Clear(tx);
        });
        Convert.ToHexStringLower(sink.Checkpoints.Single().Span).ShouldBe(Agreed);
    }

    [Fact]
    public void Several_checkpoints_in_one_have_the_bytes_that_were_agreed_on_and_are_applied_in_order()
    {
        var joined = CheckpointFormat.Join(
        [
            Convert.FromHexString("010100076e756d626572730401" + "02"),
            Convert.FromHexString("010100076e756d626572730401" + "04"),
        ]);
        Convert.ToHexStringLower(joined.Span).ShouldBe(
            "02" + "0e" + "010100076e756d626572730401" + "02" + "0e" + "010100076e756d626572730401" + "04");
        var shop = new Shop();
        shop.State.ApplyCheckpoint(joined);
        shop.State.ReadLocal(shop.Numbers.Get).ShouldBe(2);
    }

    [Fact]
    public void A_checkpoint_of_an_unknown_format_is_refused_by_number()
    {
        var shop = new Shop(new() { Json = ShopJson.Default.Options, Format = 3, OldestFormat = 2 });
        Reason(shop, "0101").ShouldBe(
            "A checkpoint was refused: it has format 1, and this version of the service reads formats 2 to 3; "
            + "run the version of the service that wrote it.");
        Reason(shop, "0104")!.ShouldContain("it has format 4");
        Reason(shop, "0102").ShouldBeNull();
        Reason(shop, "0103").ShouldBeNull();
    }

    [Theory]
    [InlineData("", "it ends early")]
    [InlineData("03", "its layout 3 is unknown, this version knows 1; upgrade this node")]
    [InlineData("020202", "it ends early")]
    [InlineData("02020202", "its layout 2 is unknown, this version knows 1; upgrade this node")]
    [InlineData("010105", "it refers to a collection 5 that it has not named")]
    [InlineData("01010000", "a collection's name in it cannot be")]
    [InlineData("01010001ff04", "a collection's name in it cannot be")]
    [InlineData("010100017809", "a collection in it has the unknown kind 9; upgrade this node")]
    [InlineData(
        "010100066f726465727303",
        "'orders' is a Queue in it and a Dictionary here; a collection that changes its kind needs another name")]
    [InlineData("010100066f726465727301020131", "it removes a key that 'orders' has not")]
    [InlineData("010100066f72646572730109", "it does 9 to 'orders', which a Dictionary does not know")]
    [InlineData("010100066f726465727301030000", "a collection's name in it cannot be")]
    [InlineData("0101000973686970" + "6d656e74730305", "it takes a value from 'shipments', which is empty")]
    [InlineData("010100076e756d626572730401ffffffffffffffffff7f", "a number in it is too large")]
    [InlineData("010100076e756d6265727304010200076e756d62657273040102", "it names 'numbers' twice")]
    public void What_cannot_be_is_refused_with_its_reason(string hex, string reason) =>
        Reason(new Shop(), hex).ShouldBe($"A checkpoint was refused: {reason}.");

    [Fact]
    public void A_value_that_cannot_be_read_is_refused_with_its_collection_and_type() =>
        Reason(new Shop(), "010100066f726465727301010131017b")!.ShouldStartWith(
            "A checkpoint was refused: bytes of 'orders' cannot be read as Order: ");

    [Fact]
    public void A_refused_checkpoint_has_changed_nothing()
    {
        var shop = new Shop();
        Reason(shop, Agreed + "0209").ShouldNotBeNull();
        shop.Text().ShouldBe(new Shop().Text());
        Reason(shop, Agreed).ShouldBeNull();
        shop.Text().ShouldBe(" | 1 | 1 | open");
    }

    [Fact]
    public void Random_bytes_are_refused_or_read() => Gen.Byte.Array[0, 100].Sample(
        bytes => _ = Reason(new Shop(), [1, 1, .. bytes]), iter: 5_000);

    [Fact]
    public void Changed_bytes_are_refused_or_read_and_refused_ones_change_nothing() =>
        Gen.Select(Gen.Int[0, Agreed.Length / 2 - 1], Gen.Byte).Array[1, 3].Sample(
            changes =>
            {
                var bytes = Convert.FromHexString(Agreed);
                foreach (var (place, value) in changes) bytes[place] = value;
                var shop = new Shop();
                var before = shop.State.Digest();
                if (Reason(shop, bytes) is not null) shop.State.Digest().ShouldBe(before);
            },
            iter: 5_000);

    private static string? Reason(Shop shop, string hex) => Reason(shop, Convert.FromHexString(hex));

    private static string? Reason(Shop shop, byte[] bytes)
    {
        try
        {
            shop.State.ApplyCheckpoint(bytes);
            return null;
        }
        catch (StateRefusedException e)
        {
            e.Message.ShouldStartWith("A checkpoint was refused: ");
            return e.Message;
        }
    }
}
