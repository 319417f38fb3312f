using System.Text.Json;

namespace Understudy;

/// <summary>What may be chosen about a <see cref="ReplicatedState"/>.</summary>
/// <example>
/// <code>
/// var state = new ReplicatedState(new ReplicatedStateOptions
/// {
///     Json = ShopJson.Default.Options,
///     Format = 2,
///     OldestFormat = 1,
/// });
/// </code>
/// </example>
public sealed record ReplicatedStateOptions
{
    /// <summary>The most that <see cref="MaxTransactionBytes"/> may be: 64 MiB.</summary>
    public const int MostTransactionBytes = 64 * 1024 * 1024;

    /// <summary>
    /// The metadata of the application's own types, usually <c>MyJsonContext.Default.Options</c>. Null, the default:
    /// only plain types (numbers, text, times, <see cref="Guid"/>) have a serializer. Not used if there are
    /// <see cref="Serializers"/>.
    /// </summary>
    public JsonSerializerOptions? Json { get; init; }

    /// <summary>Serializers instead of JSON. Null, the default: JSON.</summary>
    public IReplicatedSerializers? Serializers { get; init; }

    /// <summary>
    /// The number of the application's own format; travels in each checkpoint and snapshot. Default 1. Raise it when a
    /// version before could not read, or would lose, what this one writes. Adding a collection needs no new number.
    /// </summary>
    public int Format { get; init; } = 1;

    /// <summary>The oldest format that this version reads. Null, the default: <see cref="Format"/> only.</summary>
    public int? OldestFormat { get; init; }

    /// <summary>
    /// The most bytes that the changes of one transaction may take, 1 to <see cref="MostTransactionBytes"/>. Default
    /// 1 MiB. A transaction that would take more is undone with a <see cref="TransactionTooLargeException"/>.
    /// </summary>
    public int MaxTransactionBytes { get; init; } = 1024 * 1024;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Format, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxTransactionBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxTransactionBytes, MostTransactionBytes);
        if (OldestFormat is not { } oldest) return;
        ArgumentOutOfRangeException.ThrowIfLessThan(oldest, 1, nameof(OldestFormat));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(oldest, Format, nameof(OldestFormat));
    }
}
