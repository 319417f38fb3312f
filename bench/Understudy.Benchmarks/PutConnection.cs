using System.Net;
using System.Text;

namespace Understudy.Benchmarks;

/// <summary>A client's connection to kv: its answer has no body.</summary>
internal static class PutConnection
{
    public const int ValueBytes = 128;

    public static ClosedLoopConnection Open(Uri node, string key) =>
        new(new IPEndPoint(IPAddress.Parse(node.Host), node.Port), Request(node, key), IsWhole);

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
