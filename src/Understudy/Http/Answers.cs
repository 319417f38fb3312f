using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Understudy.Contracts;
using Understudy.Kernel;
using Understudy.Protocol;

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

    private const int PartBytes = 64 * 1024;

    public static void Sign(HttpContext context, NodeId node, ConfigurationVersion version)
    {
        context.Response.Headers[NodeHeader] = node.Value;
        context.Response.Headers[VersionHeader] = version.Value.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Refuses a request; a 503 says when to try again. A gRPC call is refused in its own words, unless it comes by the
    /// client library, which holds it until somebody takes it.
    /// </summary>
    public static Task ProblemAsync(HttpContext context, int status, string detail)
    {
        if (Grpc.IsMeant(context.Request) && !Grpc.IsFollowing(context))
        {
            Grpc.Refuse(context, status, detail);
            return Task.CompletedTask;
        }

        context.Response.StatusCode = status;
        if (status == StatusCodes.Status503ServiceUnavailable)
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        return BodyAsync(context, ProblemDocument.ContentType, Problem(status, detail));
    }

    /// <summary>A problem's document.</summary>
    public static byte[] Problem(int status, string detail) => JsonSerializer.SerializeToUtf8Bytes(
        new ProblemDocument
        {
            Title = ReasonPhrases.GetReasonPhrase(status),
            Status = status,
            Detail = detail,
        },
        ContractsJson.Default.ProblemDocument);

    /// <summary>Why a service did not answer, for people.</summary>
    public static string DetailOf(Reply reply) => reply switch
    {
        { Outcome: ReplyOutcome.KeyReused } =>
            "This Idempotency-Key was used with another request. Use a new key for a new request.",
        { Body.IsEmpty: true } => "The service did not answer. Try again.",
        _ => Encoding.UTF8.GetString(reply.Body.Span),
    };

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
            : WriteAsync(context.Response, body, context.RequestAborted);
    }

    /// <summary>
    /// Writes in parts, each when the client has taken most of what came before: the server would copy all of it.
    /// </summary>
    public static Task WriteAsync(
        HttpResponse response, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        body.Length <= PartBytes
            ? response.Body.WriteAsync(body, cancellationToken).AsTask()
            : WritePartsAsync(response, body, cancellationToken);

    private static async Task WritePartsAsync(
        HttpResponse response, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        while (body.Length > PartBytes)
        {
            await response.Body.WriteAsync(body[..PartBytes], cancellationToken);
            body = body[PartBytes..];
        }

        await response.Body.WriteAsync(body, cancellationToken);
    }
}
