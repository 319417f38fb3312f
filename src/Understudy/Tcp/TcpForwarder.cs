using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Understudy.Contracts;
using Understudy.Hosting;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Tcp;

/// <summary>
/// Takes one service's TCP connections on this node, and does with them what <see cref="TcpForwarding"/> decides: one
/// loop steps that, and every connection that is spliced runs by itself.
/// </summary>
internal sealed partial class TcpForwarder : IAsyncDisposable
{
    private const int Backlog = 4096;

    /// <summary>How long to take no connection after one could not be taken: there were too many open files.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    private readonly TcpListening _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly TcpForwarding _core;
    private readonly Socket _listener;
    private readonly Func<Socket, TcpLink?> _link;
    private readonly Action<Exception> _fail;
    private readonly Channel<Happened> _happened = Channel.CreateUnbounded<Happened>(
        new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<long, TcpLink> _links = [];
    private readonly List<TcpEffect> _effects = [];
    private readonly List<TcpLink> _closed = [];
    private readonly CancellationTokenSource _listening = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CoreTimer _timer;
    private Task _loop = Task.CompletedTask;
    private Task _accepting = Task.CompletedTask;
    private long _lastConnection;
    private long _turnedAway;
    private bool _isStopping;
    private readonly ProgramReach _program;
    private volatile TcpStatus _status;

    /// <summary>An input for the core, and what belongs to it.</summary>
    private readonly record struct Happened(
        TcpInput Input, TcpLink? Link = null, NodeId? Node = null, string Error = "");

    /// <param name="options">What it forwards.</param>
    /// <param name="link">Makes a link of a client's connection; none if there are too many open files.</param>
    /// <param name="clock">Measures.</param>
    /// <param name="logger">Says what an operator may act on.</param>
    /// <param name="fail">Ends the process: an invariant is broken.</param>
    public TcpForwarder(
        TcpListening options, Func<Socket, TcpLink?> link, TimeProvider clock, ILogger logger, Action<Exception> fail)
    {
        (_options, _link, _clock, _logger, _fail) = (options, link, clock, logger, fail);
        _core = new TcpForwarding(options.Bounds);
        _program = new ProgramReach(options.Service, clock);
        _listener = new Socket(options.Listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _timer = new CoreTimer(clock, () => Post(TcpInput.Tick.Instance));
        _status = ToStatus();
    }

    /// <summary>What it does now, for the status document.</summary>
    public TcpStatus Status => _status;

    /// <summary>That its program takes no connection; null if it does.</summary>
    public string? Reason => _program.Reason;

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Takes connections from now on; they are held until the node has learned where they go.</summary>
    /// <exception cref="IOException">Nothing can listen there.</exception>
    public void Start()
    {
        try
        {
            _listener.Bind(_options.Listen);
            _listener.Listen(Backlog);
        }
        catch (SocketException e)
        {
            throw new IOException(
                $"the TCP connections of {_options.Service} cannot be taken at {_options.Listen}: {e.Message}. Give "
                + $"[service.{_options.Service}.tcp] another port to listen at, or end who uses this one.", e);
        }

        LogListens(_logger, _options.Service, _options.Listen);
        _loop = Task.Run(RunAsync);
        _accepting = Task.Run(() => AcceptAsync(_listening.Token));
    }

    /// <summary>The node has learned something. Never waits.</summary>
    /// <param name="status">What it published; null if its incarnation has ended.</param>
    /// <param name="startedAt">The timestamp from which its incarnation counts time.</param>
    public void Learn(Protocol.NodeStatus? status, long startedAt) =>
        Learn(BackendRoute.Of(_options.Service, status, _timer.At(startedAt)));

    /// <summary>What the node has learned, with a time on this object's clock.</summary>
    public void Learn(BackendRoute route) => Post(new TcpInput.Learned(route));

    /// <summary>Takes no more connections, and ends when those that there are have ended or drained.</summary>
    public async Task StopAsync()
    {
        await EndListeningAsync();
        Post(new TcpInput.StopRequested());
        await _drained.Task;
    }

    /// <summary>Closes everything.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndListeningAsync();
        await _timer.DisposeAsync();
        _happened.Writer.TryComplete();
        await _loop;
        foreach (var link in _links.Values) link.Abort();
        _links.Clear();
        _listening.Dispose();
    }

    private async Task EndListeningAsync()
    {
        await _listening.CancelAsync();
        _listener.Dispose();
        await _accepting;
    }

    private void Post(TcpInput input, TcpLink? link = null, NodeId? node = null, string error = "") =>
        _happened.Writer.TryWrite(new Happened(input, link, node, error));

    private async Task AcceptAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptAsync(stop);
                if (TryLink(client) is { } link) Post(new TcpInput.Accepted(++_lastConnection), link);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                if (stop.IsCancellationRequested) return;
                LogNotAccepted(_logger, _options.Service, _options.Listen, e.Message);
                await Task.Delay(_pause, _clock, CancellationToken.None);
            }
        }
    }

    private TcpLink? TryLink(Socket client)
    {
        try
        {
            if (_link(client) is { } link) return link;
            client.Close(timeout: 0); // Reset: it is no orderly end.
            Interlocked.Increment(ref _turnedAway);
            return null;
        }
        catch (SocketException)
        {
            client.Dispose(); // It has gone already.
            return null;
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _happened.Reader.WaitToReadAsync())
            {
                while (_happened.Reader.TryRead(out var happened)) Take(happened);
                EndBatch();
            }
        }
#pragma warning disable CA1031 // Whatever it is, this node can no longer keep its promises: the process ends.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _fail(e);
        }
    }

    private void Take(Happened happened)
    {
        switch (happened.Input)
        {
            case TcpInput.Tick:
                _timer.Ticked();
                break;
            case TcpInput.Accepted accepted:
                _links.Add(accepted.Connection, happened.Link!);
                break;
            case TcpInput.Connected:
                _program.Reached();
                break;
            case TcpInput.ConnectFailed failed:
                NoteRefused(failed, happened);
                break;
            case TcpInput.Learned learned:
                _program.Follow(learned.Route.Primary?.Node);
                break;
            case TcpInput.Ended ended:
                _links.Remove(ended.Connection);
                break;
            case TcpInput.StopRequested:
                _isStopping = true;
                break;
            default: break;
        }

        _effects.Clear();
        _core.Step(_timer.Now, happened.Input, _effects);
        foreach (var effect in _effects) Perform(effect);
    }

    private void Perform(TcpEffect effect)
    {
        switch (effect)
        {
            case TcpEffect.Connect connect:
                Connect(_links[connect.Connection], connect);
                break;
            case TcpEffect.Splice splice:
                _links[splice.Connection].Splice(() => Post(new TcpInput.Ended(splice.Connection)));
                break;
            case TcpEffect.Close close:
                _links.Remove(close.Connection, out var link);
                _closed.Add(link!);
                break;
            default:
                throw new UnreachableException($"Unknown effect {effect}.");
        }
    }

    private void EndBatch()
    {
        if (_closed.Count > 0)
        {
            // Ten thousand of them take a while, in which others can be connected.
            ThreadPool.UnsafeQueueUserWorkItem(
                static closed =>
                {
                    foreach (var link in closed) link.Abort();
                },
                _closed.ToArray(),
                preferLocal: false);
            _closed.Clear();
        }

        _status = ToStatus();
        if (_isStopping && _links.Count == 0) _drained.TrySetResult();
        _timer.Arm(_core.NextAt);
    }

    private void Connect(TcpLink link, TcpEffect.Connect connect)
    {
        link.Attempt = connect.Attempt;
        link.Connect(_options.Backends[connect.Node], error => Post(
            error is null
                ? new TcpInput.Connected(connect.Connection, connect.Attempt)
                : new TcpInput.ConnectFailed(connect.Connection, connect.Attempt),
            node: connect.Node,
            error: error ?? ""));
    }

    private void NoteRefused(TcpInput.ConnectFailed failed, Happened happened)
    {
        var isCurrent = _links.TryGetValue(failed.Connection, out var link) && link.Attempt == failed.Attempt;
        if (!isCurrent) return;
        var node = happened.Node!.Value;
        var isNews = _program.Refused(node, _options.Backends[node].ToString()!, happened.Error);
        if (isNews) LogBackendDown(_logger, _options.Service, happened.Error);
    }

    private TcpStatus ToStatus() => new()
    {
        Service = _options.Service.Value,
        Listen = _options.Listen.ToString(),
        Open = _core.OpenCount,
        Held = _core.HeldCount,
        Refused = _core.Refused + Interlocked.Read(ref _turnedAway),
    };
}
