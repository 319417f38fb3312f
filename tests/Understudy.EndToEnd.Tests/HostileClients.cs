using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Understudy.EndToEnd.Tests;

/// <summary>Connections to one address, and what is wrong with their owners.</summary>
internal sealed class HostileClients(Uri address) : IDisposable
{
    private readonly List<Socket> _all = [];

    /// <summary>The address that they come from, if it matters.</summary>
    public IPAddress? From { get; init; }

    /// <summary>How many have been opened.</summary>
    public int Count => _all.Count;

    /// <summary>Connects, says this, and nothing more.</summary>
    public async Task<List<Socket>> OpenAsync(int count, string say = "", int receiveBuffer = 0)
    {
        var bytes = Encoding.ASCII.GetBytes(say);
        List<Socket> opened = [];
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            if (From is not null) socket.Bind(new IPEndPoint(From, 0));
            if (receiveBuffer > 0) socket.ReceiveBufferSize = receiveBuffer;
            _all.Add(socket);
            opened.Add(socket);
            try
            {
                await socket.ConnectAsync(address.Host, address.Port);
                if (bytes.Length > 0) await socket.SendAsync(bytes);
            }
            catch (SocketException)
            {
                // It is reset already.
            }
        }

        return opened;
    }

    /// <summary>Asks, and waits for the whole answer.</summary>
    public async Task<List<Socket>> AskAsync(int count)
    {
        var opened = await OpenAsync(count, "GET /livez HTTP/1.1\r\nHost: node\r\n\r\n");
        foreach (var socket in opened) (await SaysAsync(socket)).ShouldContain(" 200 ");
        return opened;
    }

    /// <summary>Sends a byte now and then on each, until the node has answered or closed all of them.</summary>
    /// <returns>What the node said last, on each.</returns>
    public static async Task<List<string>> DribbleAsync(List<Socket> sockets)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        List<Socket> open = [.. sockets];
        List<string> said = [];
        while (open.Count > 0)
        {
            await pace.WaitForNextTickAsync(limit.Token);
            foreach (var socket in open.ToArray())
            {
                if (!socket.Poll(TimeSpan.Zero, SelectMode.SelectRead))
                {
                    socket.Send("a"u8, SocketFlags.None, out _);
                    continue;
                }

                open.Remove(socket);
                said.Add(await SaysAsync(socket));
            }
        }

        return said;
    }

    /// <summary>What the node says next; empty at the end, however it came.</summary>
    public static async Task<string> SaysAsync(Socket socket)
    {
        var buffer = new byte[4096];
        try
        {
            var count = await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(30));
            return Encoding.UTF8.GetString(buffer, 0, count);
        }
        catch (SocketException)
        {
            return "";
        }
    }

    public void Dispose()
    {
        foreach (var socket in _all) socket.Dispose();
    }
}
