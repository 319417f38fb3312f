using Understudy;

namespace Orders;

/// <summary>The services of this application: one place, for the program and for its tests.</summary>
public static class OrdersServices
{
    /// <summary>Adds the shop, and the invoices, which are where the shop is.</summary>
    public static void AddOrders(this UnderstudyBuilder understudy) => understudy
        .AddService<Shop>("shop")
        .AddService<Invoices>("invoices", shape => shape.With.Add("shop"));
}
