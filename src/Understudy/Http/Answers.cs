using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Understudy.Contracts;
using Understudy.Kernel;

namespace Understudy.Http;

/// <summary>Writes answers: the headers that each carries, problems (RFC 9457) and lines of text.</summary>
internal static class Answers
{
    /// <summary>The version of the configuration that answered.</summary>
    public const string VersionHeader = "Understudy-Version";

    /// <summary>The node whose provider answered, or else the one that refused.</summary>
    public const string NodeHeader = "Understudy-Node";

    /// <summary>How long a client should wait before it tries again, in seconds.</summary>
    public const int RetryAfterSeconds = 1;

    public static void Sign(HttpContext context, NodeId node, ConfigurationVersion version)
    {
        context.Response.Headers[NodeHeader] = node.Value;
        context.Response.Headers[VersionHeader] = version.Value.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Refuses a request; a 503 says when to try again.</summary>
    public static Task ProblemAsync(HttpContext context, int status, string detail)
    {
        context.Response.StatusCode = status;
        if (status == StatusCodes.Status503ServiceUnavailable)
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        var problem = new ProblemDocument
        {
            Title = ReasonPhrases.GetReasonPhrase(status),
            Status = status,
            Detail = detail,
        };
        var body = JsonSerializer.SerializeToUtf8Bytes(problem, ContractsJson.Default.ProblemDocument);
        return BodyAsync(context, ProblemDocument.ContentType, body);
    }

    public static Task MethodNotAllowedAsync(HttpContext context, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        return ProblemAsync(
            context,
            StatusCodes.Status405MethodNotAllowed,
            $"{context.Request.Method} is not offered here: {allowed}.");
    }

    public static Task TextAsync(HttpContext context, string line)
    {
        context.Response.StatusCode = StatusCodes.Status200OK;
        return BodyAsync(context, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(line + "\n"));
    }

    public static Task BodyAsync(HttpContext context, string contentType, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
