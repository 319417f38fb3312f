using System.Net;
using Microsoft.AspNetCore.Http;
using Understudy.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Understudy.Web;

/// <summary>How forwarding a request ended.</summary>
internal enum ForwardOutcome
{
    /// <summary>The other node's answer, or as much of it as came, has gone to the client.</summary>
    Answered,

    /// <summary>The other node did not take it: it is not primary, or there was no connection.</summary>
    NotTaken,

    /// <summary>The connection broke after the request was sent, and before an answer came.</summary>
    Unknown,
}

/// <summary>Forwards a request to another node as it comes, and the answer as it comes back.</summary>
internal sealed class ServiceForwarder(IHttpForwarder forwarder, TimeSpan connectWithin) : IDisposable
{
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectTimeout = connectWithin,
    });

    public async Task<ForwardOutcome> ForwardAsync(HttpContext context, string node, string target, long version)
    {
        var transformer = new ToPrimary(new Uri(node + target), version);
        var error = await forwarder.SendAsync(
            context, node, _client, ForwarderRequestConfig.Empty, transformer, context.RequestAborted);
        if (transformer.HasMoved)
        {
            context.Response.Clear();
            return ForwardOutcome.NotTaken;
        }

        if (error == ForwarderError.None || context.Response.HasStarted) return ForwardOutcome.Answered;
        var failure = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        context.Features.Set<IForwarderErrorFeature>(null);
        context.Response.Clear();
        var isUnsent = failure is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError,
        };
        return isUnsent ? ForwardOutcome.NotTaken : ForwardOutcome.Unknown;
    }

    public void Dispose() => _client.Dispose();

    private sealed class ToPrimary(Uri destination, long version) : HttpTransformer
    {
        public bool HasMoved { get; private set; }

        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext,
            HttpRequestMessage proxyRequest,
            string destinationPrefix,
            CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            proxyRequest.RequestUri = destination;
            proxyRequest.Headers.Remove(ServiceGate.DirectHeader);
            proxyRequest.Headers.Remove(Answers.VersionHeader);
            proxyRequest.Headers.TryAddWithoutValidation(ServiceGate.DirectHeader, "1");
            proxyRequest.Headers.TryAddWithoutValidation(
                Answers.VersionHeader, version.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        public override ValueTask<bool> TransformResponseAsync(
            HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
        {
            HasMoved = proxyResponse?.Headers.Contains(ServiceGate.MovedHeader) is true;
            if (HasMoved) return ValueTask.FromResult(false);
            httpContext.Response.Headers.Remove(Answers.NodeHeader);
            httpContext.Response.Headers.Remove(Answers.VersionHeader);
            return base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        }
    }
}
