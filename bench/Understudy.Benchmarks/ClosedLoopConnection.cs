using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Understudy.Benchmarks;

/// <summary>One client's connection, which sends the same bytes each time that it has its answer.</summary>
internal sealed class ClosedLoopConnection : IDisposable
{
    private const int PatienceMilliseconds = 10_000;

    private readonly byte[] _request;
    private readonly IsWholeAnswer _isWhole;
    private readonly byte[] _answer = new byte[16 * 1024];
    private int _filled;
    private long _sentAt;

    /// <param name="server">Where to.</param>
    /// <param name="request">What it sends.</param>
    /// <param name="isWhole">
    /// Whether what has come is the whole answer; throws an <see cref="IOException"/> if it is a refusal.
    /// </param>
    public ClosedLoopConnection(IPEndPoint server, byte[] request, IsWholeAnswer isWhole)
    {
        (_request, _isWhole) = (request, isWhole);
        Socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = PatienceMilliseconds,
        };
        Socket.Connect(server);
    }

    /// <summary>Says of an answer's beginning whether it is all of it.</summary>
    public delegate bool IsWholeAnswer(ReadOnlySpan<byte> answer);

    public Socket Socket { get; }

    /// <summary>How long the last one took.</summary>
    public double Milliseconds { get; private set; }

    public void Send()
    {
        _filled = 0;
        _sentAt = Stopwatch.GetTimestamp();
        Socket.Send(_request);
    }

    /// <summary>Takes what has come.</summary>
    /// <returns>True if it is the whole answer.</returns>
    /// <exception cref="IOException">The write was refused, or the connection ended.</exception>
    public bool TryReceive()
    {
        var count = Socket.Receive(_answer.AsSpan(_filled));
        if (count == 0) throw new IOException("the server closed the connection");
        _filled += count;
        if (!_isWhole(_answer.AsSpan(0, _filled))) return false;
        Milliseconds = Stopwatch.GetElapsedTime(_sentAt).TotalMilliseconds;
        return true;
    }

    /// <summary>Waits for the last answer.</summary>
    public void Finish()
    {
        while (!TryReceive())
        {
            // The rest of it is still to come.
        }
    }

    public void Dispose() => Socket.Dispose();
}
