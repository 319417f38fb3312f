using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Understudy;

/// <summary>JSON for the types that the application's metadata names, and for plain ones.</summary>
internal sealed class JsonReplicatedSerializers : IReplicatedSerializers
{
    private readonly JsonSerializerOptions _options;

    /// <param name="options">The application's; null for plain types only.</param>
    public JsonReplicatedSerializers(JsonSerializerOptions? options)
    {
        _options = options is null ? new JsonSerializerOptions() : new JsonSerializerOptions(options);
        _options.WriteIndented = false;
        _options.TypeInfoResolver = JsonTypeInfoResolver.Combine(options?.TypeInfoResolver, PlainTypesJson.Default);
        _options.MakeReadOnly();
    }

    public IReplicatedSerializer<T> For<T>()
    {
        try
        {
            if (_options.TryGetTypeInfo(typeof(T), out var type))
                return new JsonReplicatedSerializer<T>((JsonTypeInfo<T>)type);
        }
        catch (NotSupportedException e)
        {
            throw Missing<T>(e);
        }

        throw Missing<T>(because: null);
    }

    private static InvalidOperationException Missing<T>(Exception? because) => new(
        $"There is no JSON metadata for {typeof(T)}. Add [JsonSerializable(typeof({typeof(T).Name}))] to a "
        + "JsonSerializerContext and give that to the ReplicatedState, or give the collection a serializer.",
        because);
}
