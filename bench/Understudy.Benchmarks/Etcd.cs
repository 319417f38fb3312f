using System.Globalization;
using System.Net;
using System.Text;

namespace Understudy.Benchmarks;

/// <summary>
/// Three members of etcd. Writes go to its HTTP gateway, as there is no client of gRPC here; of its first member, which
/// hands them to the leader if that is another.
/// </summary>
internal sealed class Etcd() : OtherSystem("etcd", "etcd")
{
    protected override IEnumerable<string> Arguments(int number, string folder, bool isDurable)
    {
        var peers = Enumerable.Range(0, BenchmarkCluster.Nodes).Select(of => $"e{of}={Peer(of)}");
        string[] arguments =
        [
            "--name", $"e{number}", "--data-dir", folder, "--log-level", "error",
            "--listen-client-urls", Client(number), "--advertise-client-urls", Client(number),
            "--listen-peer-urls", Peer(number), "--initial-advertise-peer-urls", Peer(number),
            "--initial-cluster", string.Join(',', peers),
        ];
        return isDurable ? arguments : [.. arguments, "--unsafe-no-fsync"];
    }

    protected override ClosedLoopConnection Connect(int client)
    {
        var key = Convert.ToBase64String(Encoding.ASCII.GetBytes($"bench-{client}"));
        var value = Convert.ToBase64String(new byte[PutConnection.ValueBytes]);
        var body = $"{{\"key\":\"{key}\",\"value\":\"{value}\"}}";
        var request = $"POST /v3/kv/put HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {body.Length}\r\n\r\n{body}";
        return new ClosedLoopConnection(
            new IPEndPoint(IPAddress.Loopback, Ports[0]), Encoding.ASCII.GetBytes(request), IsWhole);
    }

    private string Client(int number) => Url(Ports[2 * number]);

    private string Peer(int number) => Url(Ports[(2 * number) + 1]);

    private static string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var good = "HTTP/1.1 200 "u8;
        if (answer.Length >= good.Length && !answer.StartsWith(good))
            throw new IOException($"a write was refused: {Encoding.UTF8.GetString(answer)}");
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0) return false;
        var length = "Content-Length: "u8;
        var at = answer[..head].IndexOf(length);
        if (at < 0) throw new IOException("an answer of etcd does not say its length");
        var digits = answer[(at + length.Length)..head];
        if (digits.IndexOf((byte)'\r') is var end and >= 0) digits = digits[..end];
        return answer.Length == head + 4 + int.Parse(digits, CultureInfo.InvariantCulture);
    }
}
