using System.Diagnostics;
using System.Net.Sockets;

namespace Understudy.Benchmarks;

/// <summary>
/// Clients in a closed loop, each with a connection that it keeps and one write under way. All of them are one thread
/// of this process, so that they take as little as can be from the nodes that share the machine.
/// </summary>
internal sealed class ClosedLoop : IDisposable
{
    private const int PatienceMicroseconds = 10_000_000;

    private readonly List<ClosedLoopConnection> _clients;
    private readonly Dictionary<Socket, ClosedLoopConnection> _bySocket;
    private readonly List<Socket> _ready = [];

    /// <param name="connect">Opens a client's connection, given its number.</param>
    /// <param name="clients">How many.</param>
    public ClosedLoop(Func<int, ClosedLoopConnection> connect, int clients)
    {
        _clients = [.. Enumerable.Range(0, clients).Select(connect)];
        _bySocket = _clients.ToDictionary(client => client.Socket);
    }

    /// <summary>Writes for so long.</summary>
    /// <exception cref="IOException">A write was not acknowledged.</exception>
    public Rate Run(TimeSpan duration, CancellationToken stop)
    {
        List<double> times = [];
        var clock = Stopwatch.StartNew();
        foreach (var client in _clients) client.Send();
        while (clock.Elapsed < duration && !stop.IsCancellationRequested)
        {
            foreach (var client in Ready())
            {
                if (!client.TryReceive()) continue;
                times.Add(client.Milliseconds);
                client.Send();
            }
        }

        var elapsed = clock.Elapsed;
        foreach (var client in _clients) client.Finish();
        return Rate.Of(times, elapsed);
    }

    public void Dispose()
    {
        foreach (var client in _clients) client.Dispose();
    }

    // One client simply waits in its receive.
    private IEnumerable<ClosedLoopConnection> Ready()
    {
        if (_clients.Count == 1) return _clients;
        _ready.Clear();
        _ready.AddRange(_bySocket.Keys);
        Socket.Select(_ready, null, null, PatienceMicroseconds);
        if (_ready.Count == 0) throw new IOException("no write was acknowledged for 10 s");
        return _ready.Select(socket => _bySocket[socket]);
    }
}
