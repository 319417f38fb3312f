using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Understudy.Kv;

namespace Understudy.Http;

/// <summary>Reads <c>If-Match</c> and <c>If-None-Match</c> (RFC 9110, 13.1) and writes entity tags.</summary>
internal static class Preconditions
{
    /// <summary>The entity tag of a key's version.</summary>
    public static string Tag(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>The condition of a change. False with a reason for what the service does not offer.</summary>
    public static bool TryRead(
        IHeaderDictionary headers, out KvCondition condition, [NotNullWhen(false)] out string? reason)
    {
        var (match, noneMatch) = (headers.IfMatch, headers.IfNoneMatch);
        condition = KvCondition.None;
        reason = null;
        if (match.Count > 0 && noneMatch.Count > 0) reason = "If-Match and If-None-Match exclude each other here";
        else if (noneMatch.Count > 0) return TryReadNoneMatch(noneMatch, out condition, out reason);
        else if (match.Count > 0) return TryReadMatch(match, out condition, out reason);
        return reason is null;
    }

    /// <summary>True if <c>If-None-Match</c> of a read names this version: the client has it already.</summary>
    public static bool HasAlready(IHeaderDictionary headers, long version)
    {
        foreach (var value in headers.IfNoneMatch)
        {
            foreach (var tag in (value ?? "").Split(',', StringSplitOptions.TrimEntries))
            {
                if (tag == "*" || Strong(tag) == Tag(version)) return true;
            }
        }

        return false;
    }

    private static bool TryReadNoneMatch(
        StringValues values, out KvCondition condition, [NotNullWhen(false)] out string? reason)
    {
        condition = KvCondition.IfAbsent;
        reason = values.Count == 1 && values[0]!.Trim() == "*"
            ? null
            : "If-None-Match of a change takes only * (create, never replace); use If-Match to replace a version";
        return reason is null;
    }

    private static bool TryReadMatch(
        StringValues values, out KvCondition condition, [NotNullWhen(false)] out string? reason)
    {
        condition = KvCondition.IfPresent;
        reason = null;
        var tag = values.Count == 1 ? values[0]!.Trim() : "";
        if (tag == "*") return true;
        var quoted = Strong(tag);
        if (quoted.Length < 2 || quoted[0] != '"' || quoted[^1] != '"' || quoted[1..^1].Contains('"'))
        {
            reason = "If-Match takes one entity tag, as an ETag header gave it (such as \"7\"), or *";
            return false;
        }

        // A weak tag, or one that this service never gave, matches nothing: no key ever has version 0.
        var number = tag == quoted ? quoted.AsSpan(1, quoted.Length - 2) : [];
        _ = long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var version);
        condition = KvCondition.IfMatch(version);
        return true;
    }

    private static string Strong(string tag) => tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;
}
