using System.Text.Json.Serialization;

namespace Understudy.Tests.Collections;

internal sealed record Order(string Customer, int Amount);

[JsonSerializable(typeof(Order))]
internal sealed partial class ShopJson : JsonSerializerContext;
