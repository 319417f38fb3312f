using System.Net;
using Microsoft.AspNetCore.Http;
using Understudy.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Understudy.Web;

/// <summary>What of a request goes to the other side, and what of its answer comes back.</summary>
/// <param name="destination">Where it goes; the path and the query are encoded.</param>
internal abstract class ForwardTransformer(string destination) : HttpTransformer
{
    /// <summary>The other side is asked for what was asked here: dots in a path must not lead elsewhere.</summary>
    private static readonly UriCreationOptions _asItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly Uri _destination = new(destination, in _asItIs);

    /// <summary>The attempt that this is.</summary>
    public required ForwardAttempt Attempt { get; init; }

    /// <summary>The other side said that it is not the primary, and nothing was done.</summary>
    public bool HasMoved { get; private set; }

    public sealed override async ValueTask TransformRequestAsync(
        HttpContext httpContext,
        HttpRequestMessage proxyRequest,
        string destinationPrefix,
        CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.RequestUri = _destination;
        proxyRequest.Headers.Remove(ServiceGate.DirectHeader);
        proxyRequest.Headers.Remove(Answers.VersionHeader);
        AddTo(proxyRequest.Headers, httpContext);
        ForwardClient.Mark(proxyRequest, Attempt);
    }

    public sealed override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is not null) Attempt.BeginAnswer();
        HasMoved = proxyResponse is not null && IsMoved(proxyResponse);
        if (HasMoved) return false;
        Adapt(httpContext, proxyResponse);
        var hasBody = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);

        // The first part of a stream may be long in coming. gRPC is the forwarder's own case.
        if (proxyResponse is { StatusCode: not HttpStatusCode.SwitchingProtocols, Content.Headers.ContentLength: null }
            && !Grpc.IsMeant(httpContext.Request))
        {
            await httpContext.Response.Body.FlushAsync(cancellationToken);
        }

        return hasBody;
    }

    /// <summary>Adds what the other side is to be told besides.</summary>
    protected abstract void AddTo(System.Net.Http.Headers.HttpRequestHeaders headers, HttpContext context);

    /// <summary>Whether the answer says that somebody else is to be asked.</summary>
    protected virtual bool IsMoved(HttpResponseMessage answer) => false;

    /// <summary>Settles who signs the answer.</summary>
    protected abstract void Adapt(HttpContext context, HttpResponseMessage? answer);
}
