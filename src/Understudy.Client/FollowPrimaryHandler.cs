using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Understudy.Client.Protocol;

namespace Understudy.Client;

/// <summary>Sends each request to where its service's primary is, and again when it was not answered there.</summary>
internal sealed class FollowPrimaryHandler : HttpMessageHandler
{
    private const string KeyHeader = "Idempotency-Key";
    private const string VersionHeader = "Understudy-Version";
    private const string MovedHeader = "Understudy-Moved";
    private const string NodeHeader = "Understudy-Node";

    private readonly string _service;
    private readonly ServiceLocator _locator;
    private readonly FollowPrimaryOptions _options;
    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly HttpMessageInvoker _transport;
    private readonly WarmConnections _warm;
    private int _requests;

    /// <param name="service">The service.</param>
    /// <param name="locator">Knows where it is.</param>
    /// <param name="options">How the client behaves.</param>
    /// <param name="transport">
    /// Sends each attempt. Not an inner handler: gRPC would see it, and look for the service's name in the DNS itself.
    /// </param>
    /// <param name="clock">Measures how long a request is tried.</param>
    public FollowPrimaryHandler(
        string service,
        ServiceLocator locator,
        FollowPrimaryOptions options,
        HttpMessageHandler transport,
        TimeProvider clock)
    {
        (_service, _locator, _options, _clock) = (service, locator, options, clock);
        _start = clock.GetTimestamp();
        _transport = new HttpMessageInvoker(transport);
        _warm = new WarmConnections(service, locator, _transport.SendAsync, clock);
    }

    /// <summary>What sends its requests.</summary>
    public static SocketsHttpHandler Transport() => new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(1),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
        ConnectCallback = ConnectAsync,

        // Of HTTP/2. The pings tell of a node that hangs while it holds a call for the next primary.
        EnableMultipleHttp2Connections = true,
        KeepAlivePingDelay = TimeSpan.FromSeconds(5),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
    };

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _requests) > _options.MaxRequests)
        {
            Interlocked.Decrement(ref _requests);
            throw new HttpRequestException($"This client has {_options.MaxRequests} requests under way already.");
        }

        try
        {
            _warm.Begin(request.Version);
            if (Grpc.IsCall(request)) return await CallAsync(request, cancellationToken);
            var mayRepeat = await PrepareAsync(request, cancellationToken);
            // .NET sends a request without content again by itself when its connection ends before an answer begins.
            if (!mayRepeat) request.Content ??= new ByteArrayContent([]);
            var plan = new RequestPlan(_service, mayRepeat, Now + _options.HoldFor);
            var response = await FollowAsync(request, plan, cancellationToken);
            var comes = request.Method != HttpMethod.Head && response.Content.Headers.ContentLength != 0;
            return comes && !IsReadWhole(request, response, plan) ? AsItComes(response, BrokenOff) : response;
        }
        finally
        {
            Interlocked.Decrement(ref _requests);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _warm.Dispose();
            _transport.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>
    /// Connects so that a machine which lost its power, and closes nothing, is noticed within some 10 s.
    /// </summary>
    private static async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 5);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 5);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private TimeSpan Now => _clock.GetElapsedTime(_start);

    /// <summary>
    /// Makes a gRPC call: it runs outside turns, which know no keys, so only what was not executed is repeated.
    /// </summary>
    private async Task<HttpResponseMessage> CallAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var plan = new RequestPlan(_service, mayRepeat: false, Now + _options.HoldFor, endsWithPrimary: true);
        try
        {
            var response = await FollowAsync(request, plan, cancellationToken);
            return Grpc.IsOver(response) ? response : AsItComes(response, Grpc.BrokenOff);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            return Grpc.Failed(mayBeExecuted: !IsUnsent(e), e.Message);
        }
    }

    /// <summary>Has an answer break off when the node that gives it is primary no more, and says nothing.</summary>
    private HttpResponseMessage AsItComes(HttpResponseMessage response, Func<Exception?, Exception> broken)
    {
        if (!response.Headers.TryGetValues(NodeHeader, out var nodes)) return response;
        var (node, version) = (nodes.First(), VersionOf(response));
        bool HasMoved() => _locator.Ask(view => view.HasLeft(_service, node, version));
        response.Content = new AnswerContent(
            response.Content, new AnswerWatch(_locator, HasMoved, broken, _clock));
        return response;
    }

    private Exception BrokenOff(Exception? cause) => cause ?? new HttpIOException(
        HttpRequestError.ResponseEnded, $"The answer was broken off: the primary of {_service} has moved.");

    /// <summary>Makes what can be sent again of a request. False if it cannot be.</summary>
    private async Task<bool> PrepareAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var isBodyShort = request.Content?.Headers.ContentLength <= _options.MaxBodyBytes;
        var repetition = Repetitions.Of(
            IsSafe(request.Method),
            request.Headers.Contains(KeyHeader),
            canBeKept: request.Content is null || isBodyShort,
            _options.AddKeys);
        if (repetition == Repetition.Never) return false;
        if (request.Content is { } content)
            await content.LoadIntoBufferAsync(_options.MaxBodyBytes, cancellationToken);
        if (repetition == Repetition.WithNewKey)
            request.Headers.TryAddWithoutValidation(KeyHeader, Guid.NewGuid().ToString("N"));
        return true;
    }

    private static bool IsSafe(HttpMethod method) =>
        method == HttpMethod.Get || method == HttpMethod.Head || method == HttpMethod.Options;

    private async Task<HttpResponseMessage> FollowAsync(
        HttpRequestMessage request, RequestPlan plan, CancellationToken cancellationToken)
    {
        var below = request.RequestUri!.PathAndQuery;
        HttpResponseMessage? response = null;
        Exception? failure = null;
        while (true)
        {
            var changed = _locator.Changed;
            switch (_locator.Ask(view => plan.Next(view, Now)))
            {
                case RequestStep.Send send:
                    response?.Dispose();
                    Address(request, send, below);
                    (response, failure) = await AttemptAsync(request, plan, send, cancellationToken);
                    var end = EndOf(response, failure);
                    if (_locator.Ask(view => plan.Ended(send, end, view))) break;
                    return response ?? throw failure!;
                case RequestStep.Wait wait:
                    await Task.WhenAny(changed, Task.Delay(wait.AtMost, _clock, cancellationToken));
                    cancellationToken.ThrowIfCancellationRequested();
                    break;
                default:
                    return response ?? throw failure
                        ?? new HttpRequestException(
                            HttpRequestError.ConnectionError, $"No node could be asked for {_service} in time.");
            }
        }
    }

    private static void Address(HttpRequestMessage request, RequestStep.Send send, string below)
    {
        request.RequestUri = new Uri(send.Url.AbsoluteUri.TrimEnd('/') + below);
        request.Headers.Remove(VersionHeader);
        if (send.Version is { } version) request.Headers.TryAddWithoutValidation(VersionHeader, $"{version}");
    }

    private async Task<(HttpResponseMessage? Response, Exception? Failure)> AttemptAsync(
        HttpRequestMessage request, RequestPlan plan, RequestStep.Send send, CancellationToken cancellationToken)
    {
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var sending = ExchangeAsync(request, plan, abandoned.Token);
            while (!sending.IsCompleted)
            {
                var changed = _locator.Changed;
                if (_locator.Ask(view => plan.HasMovedFrom(send, view)))
                {
                    var patience = RequestPlan.PatienceWith(send);
                    await Task.WhenAny(sending, Task.Delay(patience, _clock, cancellationToken));
                    if (!sending.IsCompleted) await abandoned.CancelAsync();
                    break;
                }

                await Task.WhenAny(sending, changed);
            }

            return (await sending, null);
        }
        // A connection that is reset as it is made fails with the socket's own exception.
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            return (null, e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, new HttpRequestException($"{send.Url} is not the primary any more, and did not answer."));
        }
    }

    /// <summary>Sends the request, and reads the answer if it is one to have whole.</summary>
    private async Task<HttpResponseMessage> ExchangeAsync(
        HttpRequestMessage request, RequestPlan plan, CancellationToken cancellationToken)
    {
        var response = await _transport.SendAsync(request, cancellationToken);
        if (!IsReadWhole(request, response, plan)) return response;
        try
        {
            await response.Content.LoadIntoBufferAsync(_options.MaxBodyBytes, cancellationToken);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private bool IsReadWhole(HttpRequestMessage request, HttpResponseMessage response, RequestPlan plan)
    {
        var headers = response.Content.Headers;
        var isEndless = headers.ContentType?.MediaType == "text/event-stream";
        return request.Method != HttpMethod.Head // Its length is that of a body that does not come.
            && plan.ReadsWhole(headers.ContentLength, isEndless, _options.MaxBodyBytes);
    }

    private static long VersionOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(VersionHeader, out var said)
        && long.TryParse(said.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : 0;

    private static AttemptEnd EndOf(HttpResponseMessage? response, Exception? failure)
    {
        if (failure is not null) return IsUnsent(failure) ? AttemptEnd.NotSent : AttemptEnd.Unknown;
        return new ResponseSigns(
            (int)response!.StatusCode,
            IsOfNode: response.Headers.Contains(NodeHeader),
            SaysMoved: response.Headers.Contains(MovedHeader),
            SaysWhenToRetry: response.Headers.RetryAfter is not null).End;
    }

    private static bool IsUnsent(Exception failure) => failure is SocketException or HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError,
    };
}
