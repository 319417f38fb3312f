using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Understudy.Contracts;
using Understudy.Kernel;

namespace Understudy.Http;

/// <summary>
/// Everything that a node answers over HTTP: the gateway (<c>/svc</c>), health (<c>/livez</c>, <c>/readyz</c>,
/// <c>/health</c>) and the admin API: status, timeline, history and commands. A terminal middleware: it answers every
/// request.
/// </summary>
/// <param name="gateway">Where clients' requests go.</param>
/// <param name="commands">Where operators' commands go.</param>
/// <param name="node">What is told about the node.</param>
public sealed class NodeHttp(IGateway gateway, ICommandGateway commands, INodeState node)
{
    private const string ReadMethods = "GET, HEAD";
    private const string HealthMethods = "GET, HEAD, OPTIONS";

    private readonly KeyEndpoint _keys = new(gateway, node);
    private readonly CommandEndpoint _commands = new(commands, node);

    /// <summary>
    /// The limits of the server before it. That of the body is <see cref="RequestBody"/>'s own: the server would count
    /// the framing of a chunked body as well.
    /// </summary>
    public static void Configure(KestrelServerOptions kestrel)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null;
    }

    /// <summary>Answers one request.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers[Answers.NodeHeader] = node.Node.Value;
        if (node.IsStopping) context.Response.Headers.Connection = "close";
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        try
        {
            await DispatchAsync(context, Target.Split(target));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; there is nobody to answer.
        }
        catch (IOException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The same, noticed while its body was read.
        }
    }

    private Task DispatchAsync(HttpContext context, string[] parts) => parts switch
    {
        ["svc", var service, "keys", var key] => KeyAsync(context, service, key, isIncrement: false),
        ["svc", var service, "keys", var key, "increment"] => KeyAsync(context, service, key, isIncrement: true),
        ["svc", .. var below] => NoSuchKeyPathAsync(context, below),
        ["livez"] => HealthAsync(context, node.NotAlive, "alive"),
        ["readyz"] => HealthAsync(context, node.NotReady, "ready"),
        ["health", var service, "primary"] => PrimaryAsync(context, service),
        ["api", "v1", "status"] => StatusAsync(context),
        ["api", "v1", "timeline"] => TimelineAsync(context),
        ["api", "v1", "history"] => HistoryAsync(context),
        ["api", "v1", "commands"] => _commands.AnswerAsync(context),
        _ => NoSuchPathAsync(
            context,
            $"/svc, /livez, /readyz, /health, {StatusDocument.Path}, {TimelineDocument.Path}, "
            + $"{HistoryDocument.Path}, {CommandDocument.Path}"),
    };

    private Task KeyAsync(HttpContext context, string service, string key, bool isIncrement)
    {
        if (!Target.TryDecode(service, out var name, out var reason))
        {
            Answers.Sign(context, node.Node, ConfigurationVersion.None);
            return Answers.ProblemAsync(context, StatusCodes.Status400BadRequest, $"The service's name {reason}.");
        }

        var asked = new ServiceName(name);
        if (node.HasKeys(asked) is true) return _keys.AnswerAsync(context, asked, key, isIncrement);
        Answers.Sign(context, node.Node, node.VersionOf(asked));
        return node.HasKeys(asked) is null
            ? Answers.ProblemAsync(
                context,
                StatusCodes.Status503ServiceUnavailable,
                $"{node.Node} does not know yet whether there is a service \"{name}\"{Why(node.NotReady)}.")
            : Answers.ProblemAsync(
                context, StatusCodes.Status404NotFound, $"The service \"{name}\" has no keys.");
    }

    private Task NoSuchKeyPathAsync(HttpContext context, string[] below)
    {
        var service = below is [var first, ..] && Target.TryDecode(first, out var name, out _) ? name : null;
        Answers.Sign(
            context, node.Node, service is null ? ConfigurationVersion.None : node.VersionOf(new ServiceName(service)));
        return NoSuchPathAsync(
            context, $"/svc/{service ?? "SERVICE"}/keys/KEY; a slash in a key is sent as %2F");
    }

    private Task PrimaryAsync(HttpContext context, string service)
    {
        if (!IsOneOf(context, HealthMethods)) return Answers.MethodNotAllowedAsync(context, HealthMethods);
        var name = new ServiceName(service);
        var version = node.VersionOf(name);
        if (node.PlaceOf(name) != PrimaryPlace.UnknownService) Answers.Sign(context, node.Node, version);
        return node.PlaceOf(name) switch
        {
            PrimaryPlace.Here => Answers.TextAsync(context, "primary"),
            PrimaryPlace.Elsewhere => Answers.ProblemAsync(
                context,
                StatusCodes.Status503ServiceUnavailable,
                $"{node.Node} is not the primary of {service} now{Why(node.NotReady)}."),
            PrimaryPlace.UnknownService => Answers.ProblemAsync(
                context, StatusCodes.Status404NotFound, $"There is no service \"{service}\"."),
            var place => throw new UnreachableException($"Unknown place {place}."),
        };
    }

    private static Task HealthAsync(HttpContext context, string? problem, string fine)
    {
        if (!IsOneOf(context, HealthMethods)) return Answers.MethodNotAllowedAsync(context, HealthMethods);
        return problem is null
            ? Answers.TextAsync(context, fine)
            : Answers.ProblemAsync(context, StatusCodes.Status503ServiceUnavailable, problem);
    }

    private Task StatusAsync(HttpContext context) => IsOneOf(context, ReadMethods)
        ? JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(node.Status(), ContractsJson.Default.StatusDocument))
        : Answers.MethodNotAllowedAsync(context, ReadMethods);

    private Task TimelineAsync(HttpContext context) => IsOneOf(context, ReadMethods)
        ? JsonAsync(
            context, JsonSerializer.SerializeToUtf8Bytes(node.Timeline(), ContractsJson.Default.TimelineDocument))
        : Answers.MethodNotAllowedAsync(context, ReadMethods);

    private Task HistoryAsync(HttpContext context)
    {
        if (!IsOneOf(context, ReadMethods)) return Answers.MethodNotAllowedAsync(context, ReadMethods);
        var services = context.Request.Query["service"];
        return node.History(services.Count == 0 ? null : services[0]) is { } history
            ? JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(history, ContractsJson.Default.HistoryDocument))
            : Answers.ProblemAsync(
                context,
                StatusCodes.Status404NotFound,
                $"{node.Node} does not vote, so it keeps no copy of the registry. Ask a voter for the history.");
    }

    private static string Why(string? reason) => reason is null ? "" : $": {reason}";

    private static Task JsonAsync(HttpContext context, byte[] json)
    {
        context.Response.Headers.CacheControl = "no-store";
        return Answers.BodyAsync(context, "application/json", json);
    }

    private static Task NoSuchPathAsync(HttpContext context, string known) =>
        Answers.ProblemAsync(context, StatusCodes.Status404NotFound, $"There is no such path. Known: {known}.");

    private static bool IsOneOf(HttpContext context, string methods) =>
        methods.Split(", ").Contains(context.Request.Method, StringComparer.Ordinal);
}
