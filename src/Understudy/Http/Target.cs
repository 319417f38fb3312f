using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Understudy.Http;

/// <summary>
/// The parts of a request's target, between slashes. Taken from the target as it was sent, so that a key may contain
/// an encoded slash and nothing is decoded twice.
/// </summary>
internal static class Target
{
    private static readonly UTF8Encoding _strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The parts, still encoded, without the query.</summary>
    public static string[] Split(string rawTarget)
    {
        var start = PathStart(rawTarget);
        if (start == rawTarget.Length) return [];
        var end = rawTarget.IndexOf('?', start);
        var path = end < 0 ? rawTarget.AsSpan(start) : rawTarget.AsSpan(start, end - start);
        return path.TrimStart('/').ToString().Split('/');
    }

    /// <summary>A request's target without its host: the path and the query, still encoded.</summary>
    public static string Relative(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        return target[PathStart(target)..];
    }

    /// <summary>Decodes one part. False with a reason if the percent-encoding is damaged or is not UTF-8.</summary>
    public static bool TryDecode(
        string part, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out string? reason)
    {
        (text, reason) = (part, null);
        if (!part.Contains('%', StringComparison.Ordinal)) return true;
        text = null;
        var bytes = new ArrayBufferWriter<byte>(part.Length);
        Span<byte> one = stackalloc byte[1];
        for (var i = 0; i < part.Length; i++)
        {
            if (part[i] != '%')
            {
                bytes.Write([(byte)part[i]]);
                continue;
            }

            var isHex = i + 2 < part.Length
                && Convert.FromHexString(part.AsSpan(i + 1, 2), one, out _, out _) == OperationStatus.Done;
            if (!isHex)
            {
                reason = $"'%' at character {i + 1} of \"{part}\" is not followed by two hexadecimal digits";
                return false;
            }

            bytes.Write(one);
            i += 2;
        }

        try
        {
            text = _strict.GetString(bytes.WrittenSpan);
            return true;
        }
        catch (DecoderFallbackException)
        {
            reason = $"\"{part}\" does not decode to UTF-8";
            return false;
        }
    }

    // The absolute form, "http://host/path", is for proxies, but every server must take it (RFC 9112, 3.2.2).
    private static int PathStart(string rawTarget)
    {
        var scheme = rawTarget.StartsWith('/') ? -1 : rawTarget.IndexOf("://", StringComparison.Ordinal);
        var start = scheme < 0 ? 0 : rawTarget.IndexOf('/', scheme + 3);
        return start < 0 ? rawTarget.Length : start;
    }
}
