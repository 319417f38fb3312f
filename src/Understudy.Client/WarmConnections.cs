using System.Net.Sockets;

namespace Understudy.Client;

/// <summary>
/// Keeps a connection open to every secondary of a service, so that its next primary is asked without a handshake.
/// </summary>
internal sealed class WarmConnections(
    string service,
    ServiceLocator locator,
    Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send,
    TimeProvider clock) : IDisposable
{
    /// <summary>A node closes a connection that was not used for 130 s.</summary>
    private static readonly TimeSpan _again = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _end = new();
    private int _hasBegun;

    /// <summary>Begins, once.</summary>
    /// <param name="version">Of HTTP, in which the client speaks.</param>
    public void Begin(Version version)
    {
        if (_hasBegun == 0 && Interlocked.Exchange(ref _hasBegun, 1) == 0) _ = Task.Run(() => KeepAsync(version));
    }

    public void Dispose() => _end.Cancel();

    private async Task KeepAsync(Version version)
    {
        try
        {
            ServicePlace? warmed = null;
            var again = Task.CompletedTask;
            while (!_end.IsCancellationRequested)
            {
                var changed = locator.Changed;
                if (locator.Find(service) is { } place && (place != warmed || again.IsCompleted))
                {
                    warmed = place;
                    await Task.WhenAll(place.Secondaries.Select(each => WarmAsync(each, version)));
                }

                if (again.IsCompleted) again = Task.Delay(_again, clock, _end.Token);
                await Task.WhenAny(changed, again);
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // The client is gone.
        }
    }

    private async Task WarmAsync(Uri secondary, Version version)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(secondary, "/livez"))
            {
                Version = version,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using var response = await send(request, _end.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            // It is down: nothing to keep.
        }
    }
}
