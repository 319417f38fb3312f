using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Understudy.Benchmarks;

/// <summary>Loads one way to the backend.</summary>
internal static class TcpLoad
{
    /// <summary>How many bytes a request and its answer have.</summary>
    public const int MessageBytes = 64;

    private const int Streams = 4;
    private const int BlockBytes = 128 * 1024;
    private const int PatienceMicroseconds = 10_000_000;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(20);

    /// <summary>Sends as much as is taken, by four connections.</summary>
    /// <returns>Megabytes (1,000,000 bytes) a second.</returns>
    public static double Stream(int port, TimeSpan duration)
    {
        long total = 0;
        var clock = Stopwatch.StartNew();
        var threads = Enumerable.Range(0, Streams).Select(_ => new Thread(() =>
        {
            using var socket = Connect(port, TcpBackend.Discard);
            var block = new byte[BlockBytes];
            long mine = 0;
            while (clock.Elapsed < duration) mine += socket.Send(block);
            Interlocked.Add(ref total, mine);
            socket.Close(timeout: 0); // What is on its way does not count in the next measurement.
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return total / 1e6 / clock.Elapsed.TotalSeconds;
    }

    /// <summary>Each connection has one small request under way.</summary>
    /// <returns>Answers a second.</returns>
    /// <exception cref="IOException">No answer came.</exception>
    public static double Requests(int port, int connections, TimeSpan duration)
    {
        var waiting = Enumerable.Range(0, connections).ToDictionary(_ => Connect(port, TcpBackend.Echo), _ => 0);
        var buffer = new byte[MessageBytes];
        List<Socket> ready = [];
        long answers = 0;
        var clock = Stopwatch.StartNew();
        foreach (var socket in waiting.Keys) socket.Send(buffer);
        while (clock.Elapsed < duration)
        {
            ready.Clear();
            ready.AddRange(waiting.Keys);
            Socket.Select(ready, null, null, PatienceMicroseconds);
            if (ready.Count == 0) throw new IOException($"no answer by port {port} for 10 s");
            foreach (var socket in ready)
            {
                var count = socket.Receive(buffer);
                if (count == 0) throw new IOException($"port {port} closed a connection");
                waiting[socket] += count;
                if (waiting[socket] < MessageBytes) continue;
                waiting[socket] = 0;
                answers++;
                socket.Send(buffer);
            }
        }

        var rate = answers / clock.Elapsed.TotalSeconds;
        foreach (var socket in waiting.Keys) socket.Close(timeout: 0);
        return rate;
    }

    /// <summary>Waits until something listens at a port.</summary>
    /// <exception cref="IOException">Nothing does for long.</exception>
    public static void Await(int port, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                Connect(port, TcpBackend.Discard).Dispose();
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                if (clock.Elapsed > _patience) throw new IOException($"nothing listens at port {port}", e);
                stop.WaitHandle.WaitOne(_pace);
                stop.ThrowIfCancellationRequested();
            }
        }
    }

    private static Socket Connect(int port, byte what)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        socket.Send([what]);
        return socket;
    }
}
