using Orders;
using Understudy.Testing;

namespace TestingYourService;

/// <summary>
/// How to test a service of your own: in a whole cluster, in this process, in milliseconds, with any test framework.
/// </summary>
public class ShopTests
{
    private static readonly Order Tea = new("Ada", "tea", 2);

    [Fact]
    public void An_order_survives_the_loss_of_its_primary() => UnderstudyTestCluster.Run(
        understudy => understudy.AddOrders(),
        async cluster =>
        {
            var shop = await cluster.PrimaryAsync<Shop>("shop");
            var number = await shop.PlaceAsync(Tea);
            cluster.PrimaryOf("shop").Kill();
            shop = await cluster.PrimaryAsync<Shop>("shop");
            Assert.Equal(Tea, await shop.FindAsync(number));
        });

    [Fact]
    public void Orders_survive_the_loss_of_all_power() => UnderstudyTestCluster.Run(
        understudy => understudy.AddOrders(),
        async cluster =>
        {
            var shop = await cluster.PrimaryAsync<Shop>("shop");
            var number = await shop.PlaceAsync(Tea);
            cluster.PowerOff();
            cluster.Start();
            shop = await cluster.PrimaryAsync<Shop>("shop");
            Assert.Equal(Tea, await shop.FindAsync(number));
        });

    [Fact]
    public void The_invoices_move_with_the_shop() => UnderstudyTestCluster.Run(
        understudy => understudy.AddOrders(),
        async cluster =>
        {
            var shop = await cluster.PrimaryAsync<Shop>("shop");
            var number = await shop.PlaceAsync(Tea);
            await shop.ShipNextAsync();
            await cluster.SwitchOverAsync("shop", cluster.PrimaryOf("shop").Node == "n1" ? "n2" : "n1");
            await cluster.PrimaryAsync<Invoices>("invoices");
            Assert.Equal(cluster.PrimaryOf("shop"), cluster.PrimaryOf("invoices"));

            // Whichever node is asked: the request goes to the primary.
            var reply = await cluster["n3"].SendAsync("invoices", "1"u8.ToArray());
            Assert.Contains("\"amount\":9.0", System.Text.Encoding.UTF8.GetString(reply.Body.Span));
            Assert.Equal(1, number);
        });

    // Fifty histories that differ in what comes first, how long it takes, and what has reached a disk.
    [Fact]
    public void Whatever_comes_first_nothing_acknowledged_is_lost() => UnderstudyTestCluster.Run(
        new UnderstudyTestOptions { Seeds = 50 },
        understudy => understudy.AddOrders(),
        async cluster =>
        {
            var shop = await cluster.PrimaryAsync<Shop>("shop");
            var orders = Enumerable.Range(1, 10).Select(i => shop.PlaceAsync(Tea with { Quantity = i }).AsTask());
            var placing = orders.ToList();
            await Task.WhenAny(placing);
            cluster.PrimaryOf("shop").Kill();
            await Task.WhenAll(placing).ContinueWith(_ => { });
            shop = await cluster.PrimaryAsync<Shop>("shop");
            foreach (var placed in placing.Where(each => each.IsCompletedSuccessfully))
                Assert.NotNull(await shop.FindAsync(placed.Result));
        });
}
