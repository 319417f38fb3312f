using System.Net;
using System.Net.Sockets;
using Understudy.Client.Protocol;

namespace Understudy.Client;

/// <summary>Sends each request to where its service's primary is, and again when it was not answered there.</summary>
internal sealed class FollowPrimaryHandler : DelegatingHandler
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
    private readonly WarmConnections _warm;
    private int _requests;

    public FollowPrimaryHandler(
        string service, ServiceLocator locator, FollowPrimaryOptions options, TimeProvider clock)
    {
        (_service, _locator, _options, _clock) = (service, locator, options, clock);
        _start = clock.GetTimestamp();
        _warm = new WarmConnections(service, locator, base.SendAsync, clock);
    }

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
            _warm.Begin();
            var mayRepeat = await PrepareAsync(request, cancellationToken);
            var plan = new RequestPlan(_service, mayRepeat, Now + _options.HoldFor);
            return await FollowAsync(request, plan, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _requests);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _warm.Dispose();
        base.Dispose(disposing);
    }

    private TimeSpan Now => _clock.GetElapsedTime(_start);

    /// <summary>Makes what can be sent again of a request. False if it cannot be.</summary>
    private async Task<bool> PrepareAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (IsSafe(request.Method) && request.Content is null) return true;
        if (request.Content is { } content)
        {
            if (content.Headers.ContentLength is not { } length || length > _options.MaxBodyBytes) return false;
            await content.LoadIntoBufferAsync(_options.MaxBodyBytes, cancellationToken);
        }

        if (IsSafe(request.Method) || request.Headers.Contains(KeyHeader)) return true;
        if (!_options.AddKeys) return false;
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
                        ?? new HttpRequestException($"No node could be asked for {_service} in time.");
            }
        }
    }

    private void Address(HttpRequestMessage request, RequestStep.Send send, string below)
    {
        request.RequestUri = new Uri(send.Url.AbsoluteUri.TrimEnd('/') + below);
        request.Headers.Remove(VersionHeader);
        if (_locator.Find(_service) is { } place)
            request.Headers.TryAddWithoutValidation(VersionHeader, $"{place.Version}");
    }

    private async Task<(HttpResponseMessage? Response, Exception? Failure)> AttemptAsync(
        HttpRequestMessage request, RequestPlan plan, RequestStep.Send send, CancellationToken cancellationToken)
    {
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var sending = base.SendAsync(request, abandoned.Token);
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

    private static AttemptEnd EndOf(HttpResponseMessage? response, Exception? failure)
    {
        if (failure is not null) return IsUnsent(failure) ? AttemptEnd.NotSent : AttemptEnd.Unknown;
        if (response!.Headers.Contains(MovedHeader)) return AttemptEnd.Moved;
        if (!response.Headers.Contains(NodeHeader)) return AttemptEnd.Answered; // No node of a cluster.
        return response.StatusCode switch
        {
            HttpStatusCode.ServiceUnavailable when response.Headers.RetryAfter is not null => AttemptEnd.Unavailable,
            HttpStatusCode.BadGateway => AttemptEnd.Unknown,
            _ => AttemptEnd.Answered,
        };
    }

    private static bool IsUnsent(Exception failure) => failure is SocketException or HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError,
    };
}
