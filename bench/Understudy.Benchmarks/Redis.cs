using System.Globalization;
using System.Net;
using System.Text;

namespace Understudy.Benchmarks;

/// <summary>Redis with two replicas: a write is SET and WAIT 1, sent together.</summary>
internal sealed class Redis() : OtherSystem("redis", "redis-server")
{
    protected override IEnumerable<string> Arguments(int number, string folder, bool isDurable)
    {
        string Port(int of) => Ports[of].ToString(CultureInfo.InvariantCulture);
        string[] arguments =
        [
            "--port", Port(number), "--bind", "127.0.0.1", "--dir", folder, "--save", "",
            "--repl-diskless-sync-delay", "0",
            "--appendonly", isDurable ? "yes" : "no", "--appendfsync", "always",
        ];
        return number == 0 ? arguments : [.. arguments, "--replicaof", "127.0.0.1", Port(0)];
    }

    protected override ClosedLoopConnection Connect(int client)
    {
        var (key, value) = ($"bench-{client}", new string('x', PutConnection.ValueBytes));
        var request = $"*3\r\n$3\r\nSET\r\n${key.Length}\r\n{key}\r\n${value.Length}\r\n{value}\r\n"
            + "*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$4\r\n1000\r\n";
        return new ClosedLoopConnection(
            new IPEndPoint(IPAddress.Loopback, Ports[0]), Encoding.ASCII.GetBytes(request), IsWhole);
    }

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        if (answer.StartsWith("-"u8) || answer.StartsWith("+OK\r\n:0"u8))
            throw new IOException($"a write was refused, or no replica has it: {Encoding.UTF8.GetString(answer)}");
        return answer.StartsWith("+OK\r\n:"u8) && answer["+OK\r\n:".Length..].EndsWith("\r\n"u8);
    }
}
