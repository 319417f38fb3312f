using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Understudy.Contracts;
using Understudy.Kernel;
using Understudy.Web;

namespace Understudy.Http;

/// <summary>
/// Everything that a node answers over HTTP: the gateway (<c>/svc</c>), health (<c>/livez</c>, <c>/readyz</c>,
/// <c>/health</c>), the service map, and the admin API: status, timeline, history and commands. A terminal middleware:
/// it answers every request.
/// </summary>
/// <param name="gateway">Where clients' requests go.</param>
/// <param name="commands">Where operators' commands go.</param>
/// <param name="node">What is told about the node.</param>
/// <param name="feed">Where every service is.</param>
/// <param name="services">Takes requests for services built on the library.</param>
/// <param name="backends">Takes requests for services that are programs of their own.</param>
/// <param name="hosts">Which service a host name leads to.</param>
/// <param name="application">The application's endpoints, if there is one.</param>
/// <param name="clock">Measures how long clients are kept waiting.</param>
internal sealed class NodeHttp(
    IGateway gateway,
    ICommandGateway commands,
    INodeState node,
    ServiceMapFeed feed,
    ServiceGateway services,
    BackendGateways backends,
    IReadOnlyDictionary<string, ServiceName> hosts,
    ApplicationPipeline? application,
    TimeProvider clock)
{
    /// <summary>What of an answer that its client does not take one buffer of the node or its kernel holds.</summary>
    public const int BufferBytes = 64 * 1024;

    private const int BytesPerSecond = 1024;
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _headersWithin = TimeSpan.FromSeconds(10);

    private const string ReadMethods = "GET, HEAD";
    private const string HealthMethods = "GET, HEAD, OPTIONS";

    private readonly KeyEndpoint _keys = new(gateway, node);
    private readonly CommandEndpoint _commands = new(commands, node);
    private readonly HealthEndpoint _health = new(node);
    private readonly ServiceMapEndpoint _map = new(feed, clock);
    private readonly ServiceGate _gate = new(node, feed, clock);

    /// <summary>
    /// The limits of the server before it. That of the body is <see cref="RequestBody"/>'s own: the server would count
    /// the framing of a chunked body as well.
    /// </summary>
    public static void Configure(KestrelServerOptions kestrel)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null;

        // What one connection may hold of this node's memory, and for how long without getting on.
        kestrel.Limits.MaxRequestBufferSize = BufferBytes;
        kestrel.Limits.MaxResponseBufferSize = BufferBytes;
        kestrel.Limits.RequestHeadersTimeout = _headersWithin;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(BytesPerSecond, _grace);
        kestrel.Limits.MinResponseDataRate = new MinDataRate(BytesPerSecond, _grace);
    }

    /// <summary>Answers one request.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers[Answers.NodeHeader] = node.Node.Value;
        if (node.IsStopping && !HttpProtocol.IsHttp2(context.Request.Protocol))
            context.Response.Headers.Connection = "close"; // HTTP/2 has a frame for it, which the server sends.
        LeadByHost(context);
        try
        {
            var parts = Target.Split(context.Features.Get<IHttpRequestFeature>()!.RawTarget);
            await (HasRoom(context) || !IsForClients(parts) ? DispatchAsync(context, parts) : NoRoomAsync(context));
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            // Its body is not HTTP, or came too slowly: what follows on the connection cannot be told apart.
            context.Connection.RequestClose();
            await Answers.ProblemAsync(context, e.StatusCode, e.Message);
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

    /// <summary>
    /// What is asked of a service's own host is what is asked below its path. A direct request, which another node
    /// sends, names the service by its path already, with the host that its client once asked.
    /// </summary>
    private void LeadByHost(HttpContext context)
    {
        if (hosts.Count == 0 || !hosts.TryGetValue(context.Request.Host.Host, out var service)) return;
        var target = Target.Relative(context);
        var isDirect = context.Request.Headers.ContainsKey(ServiceGate.DirectHeader);
        if (isDirect && Target.Split(target) is ["svc", var named, ..] && named == service.Value) return;
        context.Features.Get<IHttpRequestFeature>()!.RawTarget =
            target.StartsWith('/') ? $"/svc/{service}{target}" : $"/svc/{service}/{target}";
        context.Features.Set(ByHost.Instance);
    }

    private Task DispatchAsync(HttpContext context, string[] parts) => parts switch
    {
        ["svc", var service, .. var below] => ServiceAsync(context, service, below),
        ["svc"] => NoSuchServicePathAsync(context),
        ["livez"] => HealthAsync(context, node.NotAlive, "alive"),
        ["readyz"] => HealthAsync(context, node.NotReady, "ready"),
        ["health", var service, var role] when HealthEndpoint.IsRole(role) =>
            ServiceHealthAsync(context, service, role),
        ["api", "v1", "status"] => StatusAsync(context),
        ["api", "v1", "timeline"] => TimelineAsync(context),
        ["api", "v1", "history"] => HistoryAsync(context),
        ["api", "v1", "commands"] => _commands.AnswerAsync(context),
        ["api", "v1", "services"] => MapAsync(context, ServiceMapEndpoint.WantsStream(context.Request)),
        ["api", "v1", "services", "stream"] => MapAsync(context, isStream: true),
        _ => NoSuchPathAsync(
            context,
            $"/svc, /livez, /readyz, /health, {StatusDocument.Path}, {TimelineDocument.Path}, "
            + $"{HistoryDocument.Path}, {CommandDocument.Path}, {ServiceMapDocument.Path}"),
    };

    private async Task ServiceAsync(HttpContext context, string service, string[] below)
    {
        if (!Target.TryDecode(service, out var name, out var reason))
        {
            Answers.Sign(context, node.Node, ConfigurationVersion.None);
            await Answers.ProblemAsync(context, StatusCodes.Status400BadRequest, $"The service's name {reason}.");
            return;
        }

        var asked = new ServiceName(name);
        if (backends.Find(asked) is { } backend)
        {
            await BackendAsync(context, asked, service, backend);
            return;
        }

        var hasKeys = node.HasKeys(asked)
            ?? await _gate.HasKeysAsync(asked, services.HoldFor(asked), context.RequestAborted);
        await (hasKeys switch
        {
            true => KeyAsync(context, asked, below),
            false => services.AnswerAsync(context, RouteOf(context, asked, service)),
            null => NotKnownYetAsync(context, asked),
        });
    }

    private async Task KeyAsync(HttpContext context, ServiceName service, string[] below)
    {
        Answers.Sign(context, node.Node, node.VersionOf(service));
        if (below is not (["keys", _] or ["keys", _, "increment"]))
        {
            var prefix = PrefixOf(context, service.Value);
            await NoSuchPathAsync(context, $"{prefix}/keys/KEY; a slash in a key is sent as %2F");
            return;
        }

        if (!await _gate.AdmitAsync(context, service)) return; // The gate has answered.
        await _keys.AnswerAsync(context, service, below[1], isIncrement: below.Length == 3);
    }

    private async Task BackendAsync(
        HttpContext context, ServiceName service, string encoded, BackendGateway backend)
    {
        Answers.Sign(context, node.Node, node.VersionOf(service));
        if (!await _gate.AdmitAsync(context, service)) return; // The gate has answered.
        await backend.AnswerAsync(context, Below(context, encoded), PrefixOf(context, encoded));
    }

    /// <summary>What stands before the service's own path in what the client asked for.</summary>
    private static string PrefixOf(HttpContext context, string service) =>
        context.Features.Get<ByHost>() is null ? $"/svc/{service}" : "";

    /// <summary>What follows the service in the target, encoded, as the service knows it.</summary>
    private static string Below(HttpContext context, string encoded)
    {
        var target = Target.Relative(context)["/svc/".Length..][encoded.Length..];
        return target.StartsWith('/') ? target : "/" + target;
    }

    private ServiceRoute RouteOf(HttpContext context, ServiceName service, string encoded)
    {
        var target = Below(context, encoded);
        return new ServiceRoute(service, target, MayBeInTurn: true, here => RunAsync(here, service, target));
    }

    private async Task<bool> RunAsync(HttpContext context, ServiceName service, string target)
    {
        if (application?.Has(service.Value) is true)
            return await application.ForwardAsync(context, service.Value, target);
        await Answers.ProblemAsync(
            context,
            StatusCodes.Status404NotFound,
            $"{service} has no endpoints. An application gives it some by MapService(\"{service}\").");
        return true;
    }

    /// <summary>Whether it came on a connection that there is room for; one beyond is closed after it.</summary>
    private static bool HasRoom(HttpContext context)
    {
        if (context.Features.Get<SurplusConnection>() is not { } surplus) return true;
        surplus.Begin();
        context.Connection.RequestClose();
        return false;
    }

    private static bool IsForClients(string[] parts) => parts is ["svc", ..] or ["api", "v1", "services", ..];

    private Task NoRoomAsync(HttpContext context)
    {
        Answers.Sign(context, node.Node, ConfigurationVersion.None);
        return Answers.ProblemAsync(
            context,
            StatusCodes.Status503ServiceUnavailable,
            $"{node.Node} has as many connections as it may. Ask another node, or try again.");
    }

    private Task NotKnownYetAsync(HttpContext context, ServiceName service)
    {
        Answers.Sign(context, node.Node, node.VersionOf(service));
        return Answers.ProblemAsync(
            context,
            StatusCodes.Status503ServiceUnavailable,
            $"{node.Node} does not know yet whether there is a service \"{service}\"{Why(node.NotReady)}.");
    }

    private Task NoSuchServicePathAsync(HttpContext context)
    {
        Answers.Sign(context, node.Node, ConfigurationVersion.None);
        return NoSuchPathAsync(context, "/svc/SERVICE/keys/KEY; a slash in a key is sent as %2F");
    }

    private Task ServiceHealthAsync(HttpContext context, string service, string role) =>
        IsOneOf(context, HealthMethods)
            ? _health.AnswerAsync(context, service, role)
            : Answers.MethodNotAllowedAsync(context, HealthMethods);

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

    private Task MapAsync(HttpContext context, bool isStream)
    {
        if (!IsOneOf(context, ReadMethods)) return Answers.MethodNotAllowedAsync(context, ReadMethods);
        return isStream ? _map.StreamAsync(context) : _map.DocumentAsync(context);
    }

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

    /// <summary>Of a request that came by a service's own host.</summary>
    private sealed class ByHost
    {
        public static readonly ByHost Instance = new();
    }
}
