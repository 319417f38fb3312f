using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;

namespace Understudy.Http;

/// <summary>Reads the header by which a client names a request, so that it takes effect once.</summary>
internal static class Idempotency
{
    /// <summary>The longest <c>Idempotency-Key</c>, in characters.</summary>
    public const int MaxKeyLength = 256;

    /// <summary>False with a reason if there is one that cannot be used; the key is null if there is none.</summary>
    public static bool TryReadKey(
        IHeaderDictionary headers, out string? key, [NotNullWhen(false)] out string? reason)
    {
        (key, reason) = (null, null);
        var values = headers["Idempotency-Key"];
        if (values.Count == 0) return true;
        key = values.Count == 1 ? values[0]!.Trim() : "";
        if (key.Length is > 0 and <= MaxKeyLength) return true;
        reason = $"Idempotency-Key takes one value of 1 to {MaxKeyLength} characters.";
        return false;
    }
}
