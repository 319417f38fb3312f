using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Understudy.Web;

/// <summary>How forwarding a request ended.</summary>
internal enum ForwardOutcome
{
    /// <summary>The answer, or as much of it as came, has gone to the client.</summary>
    Answered,

    /// <summary>Nothing of it was taken: there was no connection, or whoever it was sent to said so.</summary>
    NotTaken,

    /// <summary>It was not taken, but a part of its body has been read and is gone: it cannot be sent again.</summary>
    TakenBack,

    /// <summary>The connection broke after the request was sent, and before an answer came.</summary>
    Unknown,
}

/// <summary>
/// Forwards a request as it comes, and the answer as it comes back: between nodes, and to programs of services.
/// </summary>
internal sealed class ServiceForwarder(IHttpForwarder forwarder, TimeSpan connectWithin) : IDisposable
{
    // Who waits for long is cut when the service moves, by the peer's TCP, or by the client.
    private static readonly ForwarderRequestConfig _http1 = new()
    {
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        ActivityTimeout = Timeout.InfiniteTimeSpan,
    };

    private static readonly ForwarderRequestConfig _http2 = _http1 with { Version = HttpVersion.Version20 };

    private readonly ForwardClient _client = new(connectWithin);

    /// <summary>Whether a request came by HTTP/2 and can be forwarded by it: not so a WebSocket.</summary>
    public static bool IsHttp2(HttpContext context) =>
        HttpProtocol.IsHttp2(context.Request.Protocol) && !IsUpgrade(context);

    /// <summary>Whether it asks for a WebSocket, or another protocol in place of HTTP.</summary>
    public static bool IsUpgrade(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest is true
        || context.Features.Get<IHttpExtendedConnectFeature>()?.IsExtendedConnect is true;

    /// <param name="context">The request, and where its answer goes.</param>
    /// <param name="origin">The other side, as <c>http://host:port</c>.</param>
    /// <param name="isHttp2">Whether to speak HTTP/2, without TLS.</param>
    /// <param name="transformer">Says what is sent there, and what of the answer comes back.</param>
    /// <param name="cut">Ends it: an answer that has begun is broken off.</param>
    public async Task<ForwardOutcome> ForwardAsync(
        HttpContext context,
        string origin,
        bool isHttp2,
        ForwardTransformer transformer,
        CancellationToken cut)
    {
        var error = await forwarder.SendAsync(
            context, origin, _client, isHttp2 ? _http2 : _http1, transformer, cut);
        if (transformer.HasMoved)
        {
            context.Response.Clear();
            return ForwardOutcome.NotTaken;
        }

        var isUpgraded = context.Response.StatusCode == StatusCodes.Status101SwitchingProtocols;
        if (context.Response.HasStarted)
        {
            // Never ended in order: the client would take a part for the whole.
            if (error != ForwarderError.None || (isUpgraded && cut.IsCancellationRequested)) context.Abort();
            return ForwardOutcome.Answered;
        }

        if (error == ForwarderError.None) return ForwardOutcome.Answered;
        context.Features.Set<IForwarderErrorFeature>(null);
        context.Response.Clear();
        return transformer.Attempt.IsSent ? ForwardOutcome.Unknown : ForwardOutcome.NotTaken;
    }

    public void Dispose() => _client.Dispose();
}
