using System.Net;
using System.Net.Sockets;

namespace Understudy.Benchmarks;

/// <summary>What the measured connections end at: it throws away what comes, or sends it back.</summary>
internal sealed class TcpBackend : IDisposable
{
    /// <summary>The first byte of a connection whose bytes come back; any other's are thrown away.</summary>
    public const byte Echo = (byte)'e';

    public const byte Discard = (byte)'d';

    private const int BufferBytes = 256 * 1024;
    private const int StackBytes = 256 * 1024;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public TcpBackend(int port)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _listener.Listen(1024);
        Begin(Accept);
    }

    public void Dispose() => _listener.Dispose();

    private void Accept()
    {
        try
        {
            while (true)
            {
                var taken = _listener.Accept();
                taken.NoDelay = true;
                Begin(() => Serve(taken));
            }
        }
        catch (SocketException)
        {
            // The measurement is over.
        }
    }

    private static void Serve(Socket taken)
    {
        using var socket = taken;
        try
        {
            var buffer = new byte[BufferBytes];
            if (socket.Receive(buffer, 0, 1, SocketFlags.None) == 0) return;
            var isEcho = buffer[0] == Echo;
            while (socket.Receive(buffer) is > 0 and var count)
                if (isEcho) socket.Send(buffer, 0, count, SocketFlags.None);
        }
        catch (SocketException)
        {
            // Its client has gone.
        }
    }

    private static void Begin(ThreadStart run) => new Thread(run, StackBytes) { IsBackground = true }.Start();
}
