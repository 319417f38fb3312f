using System.Globalization;
using System.Net;
using System.Text;

namespace Understudy.Benchmarks;

/// <summary>A connection to kv whose answers have a body: reads and increments of one key.</summary>
internal static class KvConnection
{
    private static ReadOnlySpan<byte> LengthHeader => "\r\nContent-Length: "u8;

    public static ClosedLoopConnection Read(Uri node, string key) => Open(node, $"GET /svc/kv/keys/{key}", "");

    public static ClosedLoopConnection Increment(Uri node, string key) =>
        Open(node, $"POST /svc/kv/keys/{key}/increment", "Content-Length: 0\r\n");

    /// <summary>Whether the bytes are a whole answer with a value.</summary>
    /// <exception cref="IOException">They are another answer.</exception>
    internal static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var good = "HTTP/1.1 200 "u8;
        if (answer.Length >= good.Length && !answer.StartsWith(good))
            throw new IOException($"a request was refused: {Encoding.UTF8.GetString(answer)}");
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0) return false;
        var length = answer[(answer.IndexOf(LengthHeader) + LengthHeader.Length)..];
        length = length[..length.IndexOf("\r\n"u8)];
        return answer.Length == head + 4 + int.Parse(length, CultureInfo.InvariantCulture);
    }

    private static ClosedLoopConnection Open(Uri node, string line, string headers) => new(
        new IPEndPoint(IPAddress.Parse(node.Host), node.Port),
        Encoding.ASCII.GetBytes($"{line} HTTP/1.1\r\nHost: {node.Authority}\r\n{headers}\r\n"),
        IsWhole);
}
