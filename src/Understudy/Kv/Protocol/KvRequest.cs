namespace Understudy.Kv;

/// <summary>What a client asks of the built-in key-value service.</summary>
/// <param name="Key">1 to <see cref="KvLimits.KeyBytes"/> bytes of UTF-8. Ordered and compared ordinally.</param>
public abstract record KvRequest(string Key)
{
    /// <summary>True if the request changes nothing.</summary>
    public bool IsRead => this is Get;

    /// <summary>Sets the key's value if the condition holds.</summary>
    public sealed record Put(string Key, ReadOnlyMemory<byte> Value, KvCondition Condition) : KvRequest(Key);

    /// <summary>Reads the key's value.</summary>
    public sealed record Get(string Key) : KvRequest(Key);

    /// <summary>Removes the key if the condition holds.</summary>
    public sealed record Delete(string Key, KvCondition Condition) : KvRequest(Key);

    /// <summary>Adds 1 to the key's value, a decimal number; an absent key counts as 0.</summary>
    public sealed record Increment(string Key) : KvRequest(Key);
}

/// <summary>When a change may take place. The default is always.</summary>
/// <param name="Kind">What must hold.</param>
/// <param name="Version">The version that the key must have, for <see cref="KvConditionKind.IfMatch"/>.</param>
public readonly record struct KvCondition(KvConditionKind Kind, long Version)
{
    public static KvCondition None => default;

    /// <summary>Only if the key does not exist.</summary>
    public static readonly KvCondition IfAbsent = new(KvConditionKind.IfAbsent, 0);

    /// <summary>Only if the key exists, in whatever version.</summary>
    public static readonly KvCondition IfPresent = new(KvConditionKind.IfPresent, 0);

    /// <summary>Only if the key has this version.</summary>
    public static KvCondition IfMatch(long version) => new(KvConditionKind.IfMatch, version);
}

/// <summary>The kinds of condition; the numbers are part of the wire format.</summary>
public enum KvConditionKind
{
    None = 0,
    IfMatch = 1,
    IfAbsent = 2,
    IfPresent = 3,
}

/// <summary>The sizes that <c>kv</c> accepts.</summary>
public static class KvLimits
{
    /// <summary>The longest key, in bytes of UTF-8.</summary>
    public const int KeyBytes = 1024;

    /// <summary>The longest value, in bytes.</summary>
    public const int ValueBytes = 1024 * 1024;
}
