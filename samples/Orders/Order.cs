using System.Text.Json.Serialization;

namespace Orders;

/// <summary>What a customer ordered.</summary>
public sealed record Order(string Customer, string Item, int Quantity, bool IsShipped = false);

/// <summary>What is to be paid for an order.</summary>
public sealed record Invoice(long Order, string Customer, decimal Amount);

/// <summary>What the shop is asked.</summary>
[JsonDerivedType(typeof(PlaceOrder), "place")]
[JsonDerivedType(typeof(ShipNext), "ship")]
[JsonDerivedType(typeof(FindOrder), "find")]
public abstract record ShopRequest;

/// <summary>Takes an order; answers its number.</summary>
public sealed record PlaceOrder(Order Order) : ShopRequest;

/// <summary>Ships what has waited longest; answers its number, or null.</summary>
public sealed record ShipNext : ShopRequest;

/// <summary>Answers the order, or null.</summary>
public sealed record FindOrder(long Number) : ShopRequest;

/// <summary>How the types above are written: in the state, and in requests and answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(Invoice))]
[JsonSerializable(typeof(ShopRequest))]
[JsonSerializable(typeof(long?))]
public sealed partial class OrdersJson : JsonSerializerContext;
