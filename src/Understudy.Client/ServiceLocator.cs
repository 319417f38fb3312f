using System.Net.Sockets;
using System.Text.Json;
using Understudy.Client.Protocol;
using Understudy.Contracts;

namespace Understudy.Client;

/// <summary>
/// Knows where every service of a cluster is: listens to the streams of two nodes, so that none is missed if one of
/// them hangs, and goes on at another one when one is lost. For programs that bring a client of their own;
/// <c>FollowPrimary</c> has one in it. Thread-safe.
/// </summary>
/// <example>
/// <code>
/// await using var locator = new ServiceLocator(["http://127.0.0.1:7201", "http://127.0.0.1:7202"]);
/// var place = await locator.FindPrimaryAsync("kv", cancellationToken);
/// Console.WriteLine($"kv is at {place.Url}");
/// </code>
/// </example>
public sealed class ServiceLocator : IAsyncDisposable, IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _end = new();
    private readonly HttpMessageInvoker _http;
    private readonly TimeProvider _clock;
    private readonly ClusterView _view;
    private readonly StreamPlan[] _streams = [new(mayHearTheOnlyNode: true), new(mayHearTheOnlyNode: false)];
    private readonly Task _listening;
    private TaskCompletionSource _changed = NewChange();
    private bool _isDisposed;

    /// <summary>Begins to listen.</summary>
    /// <param name="nodes">
    /// Addresses of nodes' HTTP sides, such as <c>http://127.0.0.1:7201</c>; any of them may be down, and the others of
    /// the cluster are learned from those that are not.
    /// </param>
    /// <param name="handler">Sends requests; by default a new one without proxy. Not disposed of.</param>
    /// <param name="clock">Measures how long a node is silent; by default the system's.</param>
    /// <exception cref="ArgumentException">There is no node, or one is not an absolute address.</exception>
    public ServiceLocator(
        IEnumerable<string> nodes, HttpMessageHandler? handler = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        Uri[] addresses = [.. nodes.Select(Address)];
        if (addresses.Length == 0) throw new ArgumentException("Give at least one node's address.", nameof(nodes));
        _view = new ClusterView(addresses);
        _clock = clock ?? TimeProvider.System;
        _http = new HttpMessageInvoker(
            handler ?? new SocketsHttpHandler { UseProxy = false, ConnectTimeout = StreamPlan.LongestPause },
            disposeHandler: handler is null);
        _listening = Task.WhenAll(Task.Run(() => ListenAsync(0)), Task.Run(() => ListenAsync(1)));
    }

    /// <summary>Completes at the next change of anything. Take it before you look at what you wait for.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate) return _changed.Task;
        }
    }

    /// <summary>Addresses of all known nodes.</summary>
    public IReadOnlyList<Uri> Nodes
    {
        get
        {
            lock (_gate) return _view.Nodes;
        }
    }

    /// <summary>Where a service is, as last heard; null if nothing is known of it.</summary>
    public ServicePlace? Find(string service)
    {
        lock (_gate) return _view.Find(service);
    }

    /// <summary>Where a service is, once it has a primary that takes requests.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public async Task<ServicePlace> FindPrimaryAsync(string service, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var changed = Changed;
            if (Find(service) is { Url: not null, IsFrozen: false } place) return place;
            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>
    /// A handler that follows a service's primary, for who makes an <see cref="HttpClient"/> or the channel of a gRPC
    /// client by hand. Dispose of it before the locator.
    /// </summary>
    /// <param name="service">The service's name.</param>
    /// <param name="options">How it behaves; by default as <see cref="FollowPrimaryOptions"/> says.</param>
    /// <example>
    /// <code>
    /// using var channel = GrpcChannel.ForAddress("http://orders", new GrpcChannelOptions
    /// {
    ///     HttpHandler = locator.CreateHandler("orders"),
    ///     DisposeHttpClient = true,
    /// });
    /// </code>
    /// </example>
    public HttpMessageHandler CreateHandler(string service, FollowPrimaryOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(service);
        return new FollowPrimaryHandler(
            service, this, options ?? new FollowPrimaryOptions(), FollowPrimaryHandler.Transport(), _clock);
    }

    /// <summary>Asks the view under its lock.</summary>
    internal T Ask<T>(Func<ClusterView, T> question)
    {
        lock (_gate) return question(_view);
    }

    /// <summary>Stops listening, and does not wait until that has ended.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, true)) return;
        _end.Cancel();
        _listening.ContinueWith(Release, TaskScheduler.Default);
    }

    /// <summary>Stops listening.</summary>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        await _listening;
    }

    private void Release(Task listening)
    {
        _http.Dispose();
        _end.Dispose();
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static Uri Address(string node) =>
        Uri.TryCreate(node, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? new Uri(address.GetLeftPart(UriPartial.Authority))
            : throw new ArgumentException($"\"{node}\" is not an address such as http://127.0.0.1:7201.", nameof(node));

    private async Task ListenAsync(int stream)
    {
        try
        {
            await KeepListeningAsync(_streams[stream], _streams[1 - stream]);
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // The end of it all.
        }
    }

    private async Task KeepListeningAsync(StreamPlan plan, StreamPlan other)
    {
        while (true)
        {
            var changed = Changed;
            switch (Ask(view => plan.Next(view, other.Heard)))
            {
                case StreamStep.Listen listen:
                    await TryListenAsync(listen, plan);
                    Tell(plan.Ended);
                    break;
                case StreamStep.Pause pause:
                    await Task.Delay(pause.Length, _clock, _end.Token);
                    break;
                default:
                    await changed.WaitAsync(_end.Token);
                    break;
            }
        }
    }

    private void Tell(Action<ClusterView> tell)
    {
        lock (_gate) tell(_view);
    }

    private async Task TryListenAsync(StreamStep.Listen listen, StreamPlan plan)
    {
        try
        {
            await ListenAsync(listen, plan);
        }
        catch (Exception e) when (
            e is HttpRequestException or IOException or SocketException or JsonException
            || (e is OperationCanceledException && !_end.IsCancellationRequested))
        {
            // The node is down, hangs, or is none: the plan goes on at another.
        }
    }

    /// <summary>Listens to one node until its stream ends.</summary>
    private async Task ListenAsync(StreamStep.Listen listen, StreamPlan plan)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(listen.Node, ServiceMapDocument.StreamPath));
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (listen.LastEventId is { } last) request.Headers.TryAddWithoutValidation("Last-Event-ID", last);
        using var silence = new CancellationTokenSource(StreamPlan.Silence, _clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, _end.Token);
        using var response = await _http.SendAsync(request, stop.Token);
        if (!response.IsSuccessStatusCode) return;
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(stop.Token));
        while (await reader.ReadLineAsync(stop.Token) is { } line)
        {
            silence.CancelAfter(StreamPlan.Silence);

            // The id and the type of an event are in its document as well.
            if (!line.StartsWith("data:", StringComparison.Ordinal)) continue;
            Take(plan, JsonSerializer.Deserialize(line.AsSpan(5), ContractsJson.Default.ServiceMapDocument)!);
        }
    }

    private void Take(StreamPlan plan, ServiceMapDocument told)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            plan.Told();
            if (!_view.Take(told)) return;
            (changed, _changed) = (_changed, NewChange());
        }

        changed.SetResult();
    }
}
