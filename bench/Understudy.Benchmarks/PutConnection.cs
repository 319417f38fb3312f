using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Understudy.Benchmarks;

/// <summary>One client's connection: a write is the same bytes each time, and its answer has no body.</summary>
internal sealed class PutConnection : IDisposable
{
    public const int ValueBytes = 128;

    private const int PatienceMilliseconds = 10_000;

    private readonly byte[] _request;
    private readonly byte[] _answer = new byte[16 * 1024];
    private int _filled;
    private long _sentAt;

    public PutConnection(Uri node, string key)
    {
        _request = Request(node, key);
        Socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = PatienceMilliseconds,
        };
        Socket.Connect(IPAddress.Parse(node.Host), node.Port);
    }

    public Socket Socket { get; }

    /// <summary>How long the last write took.</summary>
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
        if (count == 0) throw new IOException("the node closed the connection");
        _filled += count;
        var answer = _answer.AsSpan(0, _filled);
        if (!IsWhole(answer)) return false;
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

    /// <summary>Whether the bytes are an answer of a write that took effect.</summary>
    /// <exception cref="IOException">They are another answer.</exception>
    internal static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var good = "HTTP/1.1 204 "u8;
        if (answer.Length >= good.Length && !answer.StartsWith(good))
            throw new IOException($"a write was refused: {Encoding.UTF8.GetString(answer)}");
        return answer.EndsWith("\r\n\r\n"u8);
    }

    private static byte[] Request(Uri node, string key)
    {
        var head = $"PUT /svc/kv/keys/{key} HTTP/1.1\r\nHost: {node.Authority}\r\nContent-Length: {ValueBytes}\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. Enumerable.Repeat((byte)'x', ValueBytes)];
    }
}
