using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Understudy.Tests.Tcp;

/// <summary>A program that takes connections, for a test to play the other side of.</summary>
internal sealed class Backend : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentBag<Socket> _taken = [];

    public Backend()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1024);
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    public async Task<Socket> TakeAsync()
    {
        var taken = await _listener.AcceptAsync().WaitAsync(Patience);
        _taken.Add(taken);
        return taken;
    }

    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    public void Dispose()
    {
        _listener.Dispose();
        foreach (var taken in _taken) taken.Dispose();
    }
}
