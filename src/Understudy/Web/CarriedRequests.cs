using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Understudy.Web;

/// <summary>Makes a carried request of what a client sent, and an answer to it of what came back.</summary>
internal static class CarriedRequests
{
    /// <summary>Of the connection, or said otherwise in a carried request.</summary>
    private static readonly HashSet<string> _left = new(StringComparer.OrdinalIgnoreCase)
    {
        HeaderNames.Host, HeaderNames.ContentType, HeaderNames.ContentLength, HeaderNames.Authorization,
        HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.TransferEncoding, HeaderNames.Upgrade,
        HeaderNames.TE, HeaderNames.Trailer, HeaderNames.ProxyAuthorization, HeaderNames.ProxyConnection,
        HeaderNames.Expect, HeaderNames.Date, HeaderNames.Server,
        Http.ServiceGate.DirectHeader, Http.Answers.VersionHeader, Http.Answers.NodeHeader,
    };

    public static CarriedRequest Of(HttpContext context, string target, byte[] body)
    {
        var headers = context.Request.Headers;
        return new CarriedRequest
        {
            Method = context.Request.Method,
            Target = target,
            ContentType = headers.ContentType.ToString(),
            Authorization = headers.Authorization.ToString(),
            Body = body,
            Scheme = context.Request.Scheme,
            Host = context.Request.Host.Value ?? "",
            Client = context.Connection.RemoteIpAddress,
            Headers = [.. Kept(headers)],
        };
    }

    public static async Task WriteAsync(HttpContext context, CarriedResponse answer)
    {
        context.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers)
        {
            if (!_left.Contains(name) || name.Equals(HeaderNames.ContentType, StringComparison.OrdinalIgnoreCase))
                context.Response.Headers.Append(name, value);
        }

        if (answer.Status is StatusCodes.Status204NoContent or StatusCodes.Status304NotModified) return;
        context.Response.ContentLength = answer.Body.Length;
        await Http.Answers.WriteAsync(context.Response, answer.Body, context.RequestAborted);
    }

    private static IEnumerable<KeyValuePair<string, string>> Kept(IHeaderDictionary headers)
    {
        foreach (var (name, values) in headers)
        {
            if (_left.Contains(name) || name.StartsWith(':')) continue;
            foreach (var value in values) yield return new(name, value ?? "");
        }
    }
}
