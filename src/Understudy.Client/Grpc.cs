using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Understudy.Client;

/// <summary>
/// What gRPC needs of whoever carries its calls: failures in its own words. Its clients repeat by themselves what is
/// UNAVAILABLE, so that is said only of a call that was certainly not executed.
/// </summary>
internal static class Grpc
{
    private const string ContentType = "application/grpc";
    private const string StatusHeader = "grpc-status";
    private const int Unknown = 2;
    private const int Unavailable = 14;

    /// <summary>Whether a request is a call of gRPC, and not of gRPC-Web, which is ordinary HTTP.</summary>
    public static bool IsCall(HttpRequestMessage request) =>
        request.Content?.Headers.ContentType?.MediaType is { } type
        && type.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (type.Length == ContentType.Length || type[ContentType.Length] == '+');

    /// <summary>Whether an answer is all that there is of a call: headers with its status.</summary>
    public static bool IsOver(HttpResponseMessage response) => response.Headers.Contains(StatusHeader);

    /// <summary>The answer to a call that failed: headers only, with its status.</summary>
    /// <param name="mayBeExecuted">False if it certainly was not executed.</param>
    /// <param name="reason">What happened.</param>
    public static HttpResponseMessage Failed(bool mayBeExecuted, string reason)
    {
        var response = new HttpResponseMessage(HttpStatusCode.OK)
        {
            Version = HttpVersion.Version20,
            Content = new ByteArrayContent([]) { Headers = { ContentType = new MediaTypeHeaderValue(ContentType) } },
        };
        var status = mayBeExecuted ? Unknown : Unavailable;
        var message = mayBeExecuted ? $"Whether the call was executed is not known: {reason}" : reason;
        response.Headers.TryAddWithoutValidation(StatusHeader, status.ToString(CultureInfo.InvariantCulture));
        response.Headers.TryAddWithoutValidation("grpc-message", Uri.EscapeDataString(message));
        return response;
    }

    /// <summary>
    /// What a call's reader is told when its answer breaks off. Without the cause: gRPC would take a broken connection
    /// for a call that was not executed, and repeat it.
    /// </summary>
    public static Exception BrokenOff(Exception? cause) => new HttpRequestException(
        "The call was broken off, and whether it was executed is not known: "
        + (cause?.Message ?? "the primary has moved."));
}
