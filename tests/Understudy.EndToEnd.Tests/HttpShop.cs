using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Understudy.Cli.Demo;

namespace Understudy.EndToEnd.Tests;

/// <summary>
/// Three real nodes that forward HTTP requests to three programs that are not ours: plain sockets in this process,
/// which answer at once, or keep the request at <c>/held</c> until they are cut off.
/// </summary>
internal sealed class HttpShop : IAsyncDisposable
{
    public const string Host = "shop.example.com";

    private static readonly string[] _ids = ["n1", "n2", "n3"];
    private readonly Dictionary<string, TcpListener> _listeners = [];
    private readonly ConcurrentDictionary<string, ConcurrentBag<Socket>> _connections = [];
    private RealCluster? _nodes;

    public RealCluster Nodes => _nodes!;

    /// <summary>What reached a program: its node, then the request's first line.</summary>
    public ConcurrentQueue<string> Seen { get; } = [];

    /// <summary>Released once for each request that a program keeps.</summary>
    public SemaphoreSlim Kept { get; } = new(0);

    /// <summary>The node whose program keeps what is sent to <c>/held</c>.</summary>
    public string? Keeper { get; set; }

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(30) };

    public static async Task<HttpShop> StartAsync()
    {
        var shop = new HttpShop();
        try
        {
            var text = new StringBuilder("[service.shop]\nkind = \"external\"\nspares = 0\n");
            text.Append(CultureInfo.InvariantCulture, $"hosts = [\"{Host}\"]\n[service.shop.http]\n");
            foreach (var (id, port) in _ids.Zip(FreePorts.Find(_ids.Length)))
            {
                shop.Run(id, port);
                if (id == "n1") text.Append(CultureInfo.InvariantCulture, $"backend = {port}\n");
                text.Append(CultureInfo.InvariantCulture, $"{id} = {{ backend = {port} }}\n");
            }

            shop._nodes = await RealCluster.StartAsync("shop", text.ToString());
            return shop;
        }
        catch
        {
            await shop.DisposeAsync();
            throw;
        }
    }

    /// <summary>The machine dies: the node, and with it its program and every connection.</summary>
    public void Kill(string id)
    {
        Nodes[id].Signal(RealNode.Kill);
        _listeners[id].Dispose();
        foreach (var socket in _connections[id]) socket.Close(0);
    }

    public async Task<HttpResponseMessage> SendAsync(
        string node, HttpMethod method, string path, string? body = null, string? key = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Nodes[node].Http, path));
        if (body is not null) request.Content = new StringContent(body);
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        if (!path.StartsWith("/svc/", StringComparison.Ordinal)) request.Headers.Host = Host;
        return await Client.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_nodes is not null) await _nodes.DisposeAsync();
        foreach (var listener in _listeners.Values) listener.Dispose();
        foreach (var socket in _connections.Values.SelectMany(all => all)) socket.Dispose();
    }

    private void Run(string id, int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        _listeners.Add(id, listener);
        _connections[id] = [];
        _ = Task.Run(async () =>
        {
            while (true)
            {
                try
                {
                    var socket = await listener.AcceptSocketAsync();
                    _connections[id].Add(socket);
                    _ = Task.Run(() => ServeAsync(id, socket));
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    return; // The test is over.
                }
            }
        });
    }

    private async Task ServeAsync(string id, Socket socket)
    {
        try
        {
            await using var stream = new NetworkStream(socket);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            while (await reader.ReadLineAsync() is { Length: > 0 } line)
            {
                var length = 0;
                while (await reader.ReadLineAsync() is { Length: > 0 } header)
                {
                    if (header.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase))
                        length = int.Parse(header["Content-Length: ".Length..], CultureInfo.InvariantCulture);
                }

                if (length > 0) await reader.ReadBlockAsync(new char[length]);
                Seen.Enqueue($"{id} {line}");
                if (line.Contains(" /held ", StringComparison.Ordinal) && id == Keeper)
                {
                    Kept.Release();
                    continue; // Its answer never comes.
                }

                var answer = Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{id}");
                await stream.WriteAsync(answer);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException)
        {
            // Cut off.
        }
    }
}
