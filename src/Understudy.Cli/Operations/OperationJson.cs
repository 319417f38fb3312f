using System.Text.Json;
using System.Text.Json.Serialization;

namespace Understudy.Cli.Operations;

/// <summary>The one object that a command with <c>--json</c> prints: how it ended.</summary>
/// <param name="Outcome">
/// <c>done</c>; <c>accepted</c> with <c>--no-wait</c>; <c>refused</c>; <c>misused</c>; <c>unavailable</c>;
/// <c>givenUp</c>; <c>underWay</c>.
/// </param>
/// <param name="Text">The same for people.</param>
internal sealed record OperationJson(string Outcome, string Text)
{
    public override string ToString() => JsonSerializer.Serialize(this, OperationJsonContext.Default.OperationJson);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(OperationJson))]
internal sealed partial class OperationJsonContext : JsonSerializerContext;
