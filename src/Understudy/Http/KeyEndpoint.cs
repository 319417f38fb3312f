using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Http;
using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Protocol;

namespace Understudy.Http;

/// <summary>
/// The key-value service over HTTP: <c>/svc/{service}/keys/{key}</c> and, below a key, <c>/increment</c>.
/// </summary>
internal sealed class KeyEndpoint(IGateway gateway, INodeState node)
{
    /// <summary>Answers <c>/svc/{service}/keys/…</c>.</summary>
    public async Task AnswerAsync(HttpContext context, ServiceName service, string encodedKey, bool isIncrement)
    {
        Answers.Sign(context, node.Node, node.VersionOf(service));
        if (!Target.TryDecode(encodedKey, out var key, out var reason))
        {
            await Answers.ProblemAsync(context, StatusCodes.Status400BadRequest, $"The key {reason}.");
            return;
        }

        var keyBytes = Encoding.UTF8.GetByteCount(key);
        if (keyBytes is 0 or > KvLimits.KeyBytes)
        {
            var detail = $"The key has {keyBytes} bytes; it may have 1 to {KvLimits.KeyBytes}.";
            await Answers.ProblemAsync(context, StatusCodes.Status400BadRequest, detail);
            return;
        }

        if (!Idempotency.TryReadKey(context.Request.Headers, out var idempotencyKey, out reason))
        {
            await Answers.ProblemAsync(context, StatusCodes.Status400BadRequest, reason);
            return;
        }

        using var admission = gateway.Admit(service);
        var request = await ReadAsync(context, admission, key, isIncrement);
        if (request is null) return; // ReadAsync has refused it.
        var id = request.IsRead ? null : idempotencyKey;
        var reply = await gateway.SendAsync(
            admission, KvCodec.Encode(request), request.IsRead, id, context.RequestAborted);
        await WriteAsync(context, service, request, reply);
    }

    private static async ValueTask<KvRequest?> ReadAsync(
        HttpContext context, Admission admission, string key, bool isIncrement)
    {
        var method = context.Request.Method;
        if (!Preconditions.TryRead(context.Request.Headers, out var condition, out var reason)
            && !(HttpMethods.IsGet(method) || HttpMethods.IsHead(method)))
        {
            await Answers.ProblemAsync(context, StatusCodes.Status400BadRequest, reason + ".");
            return null;
        }

        if (isIncrement)
        {
            if (HttpMethods.IsPost(method)) return await ReadIncrementAsync(context, key, condition);
            await Answers.MethodNotAllowedAsync(context, "POST");
            return null;
        }

        if (HttpMethods.IsGet(method) || HttpMethods.IsHead(method)) return new KvRequest.Get(key);
        if (HttpMethods.IsDelete(method)) return new KvRequest.Delete(key, condition);
        if (HttpMethods.IsPut(method)) return await ReadPutAsync(context, admission, key, condition);
        await Answers.MethodNotAllowedAsync(context, "GET, HEAD, PUT, DELETE");
        return null;
    }

    private static async ValueTask<KvRequest?> ReadIncrementAsync(
        HttpContext context, string key, KvCondition condition)
    {
        if (condition == KvCondition.None) return new KvRequest.Increment(key);
        await Answers.ProblemAsync(
            context, StatusCodes.Status400BadRequest, "An increment takes no If-Match and no If-None-Match.");
        return null;
    }

    private static async ValueTask<KvRequest?> ReadPutAsync(
        HttpContext context, Admission admission, string key, KvCondition condition)
    {
        var value = await RequestBody.ReadAsync(
            context.Request, KvLimits.ValueBytes, admission, context.RequestAborted);
        if (value is not null) return new KvRequest.Put(key, value, condition);
        await (admission.Refusal is { } refusal
            ? Answers.ProblemAsync(context, StatusOf(refusal), Answers.DetailOf(refusal))
            : Answers.ProblemAsync(
                context,
                StatusCodes.Status413PayloadTooLarge,
                $"A value may have up to {KvLimits.ValueBytes} bytes."));
        return null;
    }

    private async Task WriteAsync(HttpContext context, ServiceName service, KvRequest request, Reply reply)
    {
        Answers.Sign(
            context,
            reply.Node ?? node.Node,
            reply.Version == ConfigurationVersion.None ? node.VersionOf(service) : reply.Version);
        if (reply.Outcome != ReplyOutcome.Answered)
        {
            await Answers.ProblemAsync(context, StatusOf(reply), Answers.DetailOf(reply));
        }
        else if (KvCodec.TryDecode(reply.Body, out KvAnswer? answer, out var reason))
        {
            await WriteAsync(context, request, answer);
        }
        else
        {
            var detail = $"The answer of {service} cannot be read: {reason}. Do all nodes run the same version?";
            await Answers.ProblemAsync(context, StatusCodes.Status502BadGateway, detail);
        }
    }

    private static int StatusOf(Reply reply) => reply.Outcome switch
    {
        ReplyOutcome.Unavailable => StatusCodes.Status503ServiceUnavailable,
        ReplyOutcome.UnknownService => StatusCodes.Status404NotFound,
        ReplyOutcome.KeyReused => StatusCodes.Status422UnprocessableEntity,
        ReplyOutcome.Refused => StatusCodes.Status500InternalServerError,
        ReplyOutcome.Unknown => StatusCodes.Status502BadGateway,
        _ => throw new UnreachableException($"Unknown outcome {reply.Outcome}."),
    };

    private static Task WriteAsync(HttpContext context, KvRequest request, KvAnswer answer)
    {
        if (answer.Version > 0) context.Response.Headers.ETag = Preconditions.Tag(answer.Version);
        return answer.Status switch
        {
            KvStatus.Ok => WriteValueAsync(context, request, answer),
            KvStatus.NotFound => Answers.ProblemAsync(
                context, StatusCodes.Status404NotFound, $"There is no key \"{request.Key}\"."),
            KvStatus.PreconditionFailed => Answers.ProblemAsync(
                context, StatusCodes.Status412PreconditionFailed, Mismatch(request.Key, answer.Version)),
            KvStatus.NotANumber => Answers.ProblemAsync(
                context,
                StatusCodes.Status400BadRequest,
                $"The value of \"{request.Key}\" cannot be incremented: it is not a whole number below 2^63 - 1."),
            KvStatus.TooLarge => Answers.ProblemAsync(
                context, StatusCodes.Status413PayloadTooLarge, $"A value may have up to {KvLimits.ValueBytes} bytes."),
            KvStatus.Malformed => Answers.ProblemAsync(
                context, StatusCodes.Status400BadRequest, Encoding.UTF8.GetString(answer.Value.Span)),
            _ => throw new UnreachableException($"Unknown status {answer.Status}."),
        };
    }

    private static Task WriteValueAsync(HttpContext context, KvRequest request, KvAnswer answer)
    {
        var isIncrement = request is KvRequest.Increment;
        if (!isIncrement && !request.IsRead)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }

        if (request.IsRead && Preconditions.HasAlready(context.Request.Headers, answer.Version))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        context.Response.StatusCode = StatusCodes.Status200OK;
        return Answers.BodyAsync(context, isIncrement ? "text/plain" : "application/octet-stream", answer.Value);
    }

    private static string Mismatch(string key, long version) => version > 0
        ? $"The key \"{key}\" has version {version}."
        : $"There is no key \"{key}\".";
}
