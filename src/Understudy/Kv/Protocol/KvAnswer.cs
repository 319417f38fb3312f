namespace Understudy.Kv;

/// <summary>What <c>kv</c> answers.</summary>
/// <param name="Status">How the request ended.</param>
/// <param name="Version">
/// The key's version (its ETag) after the request, 0 if it does not exist. It grows with every change of the key and
/// is never used twice, not even after the key was deleted.
/// </param>
/// <param name="Value">The value that was read or made by an increment; a sentence for a malformed request.</param>
public sealed record KvAnswer(KvStatus Status, long Version, ReadOnlyMemory<byte> Value);

/// <summary>How a request to <c>kv</c> ended; the numbers are part of the wire format.</summary>
public enum KvStatus
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>There is no such key.</summary>
    NotFound = 1,

    /// <summary>The condition did not hold; nothing changed.</summary>
    PreconditionFailed = 2,

    /// <summary>The value to increment is not a decimal number, or is the greatest one; nothing changed.</summary>
    NotANumber = 3,

    /// <summary>The key or the value is longer than <see cref="KvLimits"/> allow; nothing changed.</summary>
    TooLarge = 4,

    /// <summary>The request could not be understood; nothing changed.</summary>
    Malformed = 5,
}
