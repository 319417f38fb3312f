using System.Text.Json.Serialization;

namespace Understudy.Contracts;

/// <summary>How the documents of the admin API are written and read: camelCase, without what is null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(TimelineDocument))]
[JsonSerializable(typeof(ProblemDocument))]
[JsonSerializable(typeof(CommandDocument))]
[JsonSerializable(typeof(CommandAnswerDocument))]
[JsonSerializable(typeof(HistoryDocument))]
[JsonSerializable(typeof(ServiceMapDocument))]
[JsonSerializable(typeof(HealthDocument))]
public sealed partial class ContractsJson : JsonSerializerContext;
