using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Understudy;

/// <summary>Turns values into JSON by metadata that the compiler generated, so without reflection.</summary>
/// <param name="type">The type's metadata, such as <c>ShopJson.Default.Order</c>.</param>
/// <typeparam name="T">The type of the keys or values.</typeparam>
/// <example>
/// <code>
/// var orders = state.Dictionary&lt;long, Order&gt;(
///     "orders", values: new JsonReplicatedSerializer&lt;Order&gt;(ShopJson.Default.Order));
/// </code>
/// </example>
public sealed class JsonReplicatedSerializer<T>(JsonTypeInfo<T> type) : IReplicatedSerializer<T>
{
    // A writer is 200 bytes; one for each thread serves all values of the type.
    [ThreadStatic]
    private static Utf8JsonWriter? _idle;

    private readonly JsonWriterOptions _options = new() { Encoder = type.Options.Encoder, SkipValidation = true };

    /// <inheritdoc/>
    public void Write(T value, IBufferWriter<byte> output)
    {
        // Taken while in use: a converter that writes a value of this type gets a writer of its own.
        var writer = _idle;
        _idle = null;
        if (writer is not null && ReferenceEquals(writer.Options.Encoder, _options.Encoder)) writer.Reset(output);
        else writer = new Utf8JsonWriter(output, _options);
        JsonSerializer.Serialize(writer, value, type);
        writer.Flush();
        _idle = writer;
    }

    /// <inheritdoc/>
    public T Read(ReadOnlySpan<byte> bytes) => JsonSerializer.Deserialize(bytes, type)!;
}
