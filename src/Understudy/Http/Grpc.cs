using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Understudy.Http;

/// <summary>
/// Refusals in the words of gRPC, whose clients read no problem documents: an answer of headers only, with a status and
/// a message.
/// </summary>
internal static class Grpc
{
    private const string ContentType = "application/grpc";

    /// <summary>Whether the client speaks gRPC, and not gRPC-Web, which is ordinary HTTP.</summary>
    public static bool IsMeant(HttpRequest request) =>
        request.ContentType is { } type
        && type.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (type.Length == ContentType.Length || type[ContentType.Length] is '+' or ';');

    /// <summary>Whether whoever sent it follows the primary itself, and goes by HTTP's status and headers.</summary>
    public static bool IsFollowing(HttpContext context)
    {
        if (context.Response.Headers.ContainsKey(ServiceGate.MovedHeader)) return true;
        var headers = context.Request.Headers;
        return headers.TryGetValue(ServiceGate.DirectHeader, out var direct)
            ? direct != ServiceGate.FromNode
            : headers.ContainsKey(Answers.VersionHeader);
    }

    /// <summary>Refuses a call.</summary>
    /// <param name="context">The call.</param>
    /// <param name="status">The HTTP status that any other client would be given.</param>
    /// <param name="detail">Why.</param>
    public static void Refuse(HttpContext context, int status, string detail)
    {
        var headers = context.Response.Headers;
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.ContentType = ContentType;
        headers["grpc-status"] = StatusOf(status).ToString(CultureInfo.InvariantCulture);
        headers["grpc-message"] = Encode(detail);
    }

    /// <summary>
    /// Clients send a call again by themselves when it is UNAVAILABLE: so that is said only of what was not done, and
    /// never of what may have been.
    /// </summary>
    internal static int StatusOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest or StatusCodes.Status422UnprocessableEntity => 3, // INVALID_ARGUMENT
        StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed => 12, // UNIMPLEMENTED
        StatusCodes.Status413PayloadTooLarge => 8, // RESOURCE_EXHAUSTED
        StatusCodes.Status501NotImplemented => 12, // UNIMPLEMENTED
        StatusCodes.Status503ServiceUnavailable => 14, // UNAVAILABLE
        _ => 2, // UNKNOWN
    };

    /// <summary>As the protocol wants a message: UTF-8, percent-encoded but for printable ASCII.</summary>
    internal static string Encode(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            if (value is >= 0x20 and <= 0x7e and not (byte)'%') encoded.Append((char)value);
            else encoded.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
        }

        return encoded.ToString();
    }
}
