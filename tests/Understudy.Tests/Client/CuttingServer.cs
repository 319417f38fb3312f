using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Understudy.Tests.Client;

/// <summary>
/// A primary that answers requests whose path says nothing else, and closes the connection in place of an answer to
/// those whose path says "cut"; the first answer to one that says "half" breaks off in the middle.
/// </summary>
internal sealed class CuttingServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private int _cut;

    public CuttingServer()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Url => new($"http://{_listener.LocalEndpoint}");

    /// <summary>How many requests it took and cut, or answered by halves.</summary>
    public int Cut => Volatile.Read(ref _cut);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            using var reader = new StreamReader(client.GetStream());
            while (await reader.ReadLineAsync() is { } first)
            {
                while (await reader.ReadLineAsync() is { Length: > 0 })
                {
                    // Its headers; it has no body.
                }

                if (first.Contains("cut", StringComparison.Ordinal))
                {
                    Interlocked.Increment(ref _cut);
                    return;
                }

                if (first.Contains("half", StringComparison.Ordinal))
                {
                    var isFirst = Interlocked.Increment(ref _cut) == 1;
                    await WriteAsync(client, "Content-Length: 5\r\n\r\n" + (isFirst ? "wh" : "whole"));
                    if (isFirst) return;
                    continue;
                }

                await WriteAsync(client, "Content-Length: 0\r\n\r\n");
            }
        }
    }

    private static async Task WriteAsync(TcpClient client, string answer) =>
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\n" + answer));
}
