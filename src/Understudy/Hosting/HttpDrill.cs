using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Understudy.Hosting;

/// <summary>
/// Sends a few requests to this node's own HTTP side before the node joins, so that a client that comes over from a
/// dead node does not wait for cold code. The service asked for does not exist: nothing is changed.
/// </summary>
internal static class HttpDrill
{
    private const int Requests = 60;

    private static readonly string[] _requests =
    [
        "PUT /svc/~drill/keys/k HTTP/1.1\r\nHost: drill\r\nIdempotency-Key: k\r\nContent-Length: 4\r\n\r\ndone",
        "POST /svc/~drill/keys/k/increment HTTP/1.1\r\nHost: drill\r\nContent-Length: 0\r\n\r\n",
        "GET /svc/~drill/keys/k HTTP/1.1\r\nHost: drill\r\n\r\n",
    ];

    public static async Task RunAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address, cancellationToken);
        var answer = new byte[16 * 1024];
        for (var i = 0; i < Requests; i++)
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(_requests[i % _requests.Length]), cancellationToken);

            // An answer is small and comes in one piece; if not, the rest is read as the next one. Nothing hangs on it.
            if (await socket.ReceiveAsync(answer, cancellationToken) == 0) return;
        }
    }
}
