using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Understudy.Web;

/// <summary>
/// The connections over which a node forwards requests. It knows of each request whether anything of it has been sent,
/// never sends one again by itself that must not be, and hands on each part of a body as it comes.
/// </summary>
internal sealed class ForwardClient : HttpMessageInvoker
{
    /// <summary>So many connections to a server are being made at a time: its own queue for them is short.</summary>
    private const int MaxConnecting = 64;

    private static readonly HttpRequestOptionsKey<ForwardAttempt> _key = new("understudy-attempt");

    /// <param name="connectWithin">How long making a connection may take.</param>
    public ForwardClient(TimeSpan connectWithin)
        : base(new Handler(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            ConnectCallback = new Connector(connectWithin).ConnectAsync,
            RequestHeaderEncodingSelector = Begin,
        }))
    {
    }

    /// <summary>The attempt that this request is.</summary>
    public static void Mark(HttpRequestMessage request, ForwardAttempt attempt) => request.Options.Set(_key, attempt);

    /// <summary>
    /// Asked for every header, in the moment in which a request is written to the connection that was found for it: the
    /// one place where it is known that none of it has been sent, and that it is about to be.
    /// </summary>
    private static Encoding? Begin(string header, HttpRequestMessage request)
    {
        if (request.Options.TryGetValue(_key, out var attempt)) attempt.Begin();
        return null;
    }

    private sealed class Handler(SocketsHttpHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            // A request without content is sent again by .NET if its connection ends before an answer begins.
            if (request.Content is { } content) request.Content = new PromptContent(content, request.Version);
            else if (!ForwardAttempt.IsSafe(request.Method.Method)) request.Content = new ByteArrayContent([]);
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class Connector(TimeSpan within)
    {
        private readonly ConcurrentDictionary<DnsEndPoint, SemaphoreSlim> _connecting = [];

        public async ValueTask<Stream> ConnectAsync(
            SocketsHttpConnectionContext context, CancellationToken cancellationToken)
        {
            var connecting = _connecting.GetOrAdd(
                context.DnsEndPoint, static _ => new SemaphoreSlim(MaxConnecting));
            await connecting.WaitAsync(cancellationToken);
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                late.CancelAfter(within);
                await socket.ConnectAsync(context.DnsEndPoint, late.Token);
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                socket.Dispose();
                throw new SocketException((int)SocketError.TimedOut); // As any failure to connect.
            }
            catch
            {
                socket.Dispose();
                throw;
            }
            finally
            {
                connecting.Release();
            }
        }
    }

    /// <summary>A body each part of which leaves when it has come.</summary>
    private sealed class PromptContent : HttpContent
    {
        private readonly HttpContent _inner;
        private readonly bool _isStream;

        public PromptContent(HttpContent inner, Version version)
        {
            _inner = inner;
            _isStream = version.Major >= 2 && inner.Headers.ContentLength is null;
            foreach (var (name, values) in inner.Headers.NonValidated) Headers.TryAddWithoutValidation(name, values);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(
            Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            // The answer may begin before the body does: HTTP/2 would keep the headers back until then.
            if (_isStream) await stream.FlushAsync(cancellationToken);
            await _inner.CopyToAsync(new PromptStream(stream), context, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _inner.Headers.ContentLength ?? 0;
            return _inner.Headers.ContentLength is not null;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) _inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
