using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Tcp;
using Understudy.Tests.Protocol;

namespace Understudy.Tests.Tcp;

/// <summary>A forwarder with real sockets, two backends, and clients.</summary>
internal sealed class ForwarderFixture : IAsyncDisposable
{
    public static readonly MemberId N1 = new(new NodeId("n1"), new Incarnation(1, 7));
    public static readonly MemberId N2 = new(new NodeId("n2"), new Incarnation(1, 7));

    private readonly List<Exception> _failures = [];
    private readonly List<Socket> _clients = [];
    private readonly TcpForwarder _forwarder;

    private readonly EpollThread? _thread;

    /// <param name="isPortable">Whether links are those of every system, and not those of Linux.</param>
    /// <param name="bounds">What the forwarder grants.</param>
    public ForwarderFixture(bool isPortable, TcpBounds? bounds = null)
    {
        if (!isPortable && EpollThread.IsSupported) _thread = new EpollThread(_failures.Add);
        var backends = ImmutableSortedDictionary<NodeId, IPEndPoint>.Empty
            .Add(N1.Node, First.Address).Add(N2.Node, Second.Address);
        var listening = new TcpListening(
            new ServiceName("cache"),
            new IPEndPoint(IPAddress.Loopback, 0),
            backends,
            bounds ?? new TcpBounds(TimeSpan.FromMinutes(1), 1000, 10_000, TimeSpan.Zero));
        _forwarder = new TcpForwarder(listening, Link, TimeProvider.System, NullLogger.Instance, _failures.Add);
        _forwarder.Start();
    }

    public TcpLink Link(Socket client) =>
        _thread is null ? new SocketLink(client, TimeProvider.System) : new EpollLink(_thread, client);

    public Backend First { get; } = new();

    public Backend Second { get; } = new();

    public TcpForwarder Forwarder => _forwarder;

    /// <summary>The node has learned that this one is primary; with a lease of an hour unless it is told.</summary>
    public void Learn(MemberId? primary, bool isPlanned = false, TimeSpan? until = null) => _forwarder.Learn(
        ForwardingRun.RouteTo(primary, 1, until ?? TimeSpan.FromHours(1), N1, N2) with { IsPlanned = isPlanned });

    public async Task<Socket> ConnectAsync(int receiveBuffer = 0)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0) client.ReceiveBufferSize = receiveBuffer;
        _clients.Add(client);
        await client.ConnectAsync(_forwarder.Address).WaitAsync(Backend.Patience);
        return client;
    }

    /// <summary>A client that is spliced to this backend, and the backend's side of it.</summary>
    public async Task<(Socket Client, Socket Server)> OpenAsync(Backend backend)
    {
        var client = await ConnectAsync();
        var server = await backend.TakeAsync();
        await CarriesAsync(client, server, "."); // The backend takes a connection before it is spliced.
        return (client, server);
    }

    /// <summary>Sends to one side and waits until it has come to the other.</summary>
    public static async Task CarriesAsync(Socket from, Socket to, string text = "hello")
    {
        await from.SendAsync(Encoding.ASCII.GetBytes(text)).WaitAsync(Backend.Patience);
        (await ReadAsync(to, text.Length)).ShouldBe(text);
    }

    public static async Task<string> ReadAsync(Socket from, int count)
    {
        var buffer = new byte[count];
        var read = 0;
        while (read < count)
        {
            var more = await from.ReceiveAsync(buffer.AsMemory(read)).AsTask().WaitAsync(Backend.Patience);
            if (more == 0) break;
            read += more;
        }

        return Encoding.ASCII.GetString(buffer, 0, read);
    }

    /// <summary>Waits for a reset; fails if the end looks like an orderly one.</summary>
    public static async Task IsResetAsync(Socket socket)
    {
        var error = await Should.ThrowAsync<SocketException>(async () =>
            (await socket.ReceiveAsync(new byte[1]).WaitAsync(Backend.Patience)).ShouldBe(-1, "an orderly end"));
        error.SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
    }

    /// <summary>Waits until the forwarder says that it has so many.</summary>
    public Task UntilAsync(int open, int held) =>
        UntilAsync(() => _forwarder.Status is var status && status.Open == open && status.Held == held);

    public static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(Backend.Patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!holds()) await pace.WaitForNextTickAsync(limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) client.Dispose();
        First.Dispose();
        Second.Dispose();
        await _forwarder.DisposeAsync();
        _thread?.Dispose();
        _failures.ShouldBeEmpty();
    }
}
