using System.Globalization;
using System.Net;
using System.Text;

namespace Understudy.Benchmarks;

/// <summary>A connection whose answers have a body: it reads or increments one value.</summary>
internal static class ValueConnection
{
    private static ReadOnlySpan<byte> LengthHeader => "\r\nContent-Length: "u8;

    /// <param name="node">The node that is asked.</param>
    /// <param name="path">The value's, such as <c>/svc/kv/keys/a</c>.</param>
    public static ClosedLoopConnection Read(Uri node, string path) => Open(node, $"GET {path}", "");

    /// <inheritdoc cref="Read"/>
    public static ClosedLoopConnection Increment(Uri node, string path) =>
        Open(node, $"POST {path}/increment", "Content-Length: 0\r\n");

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
