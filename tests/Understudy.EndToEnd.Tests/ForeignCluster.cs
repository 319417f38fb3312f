using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Understudy.Cli.Demo;

namespace Understudy.EndToEnd.Tests;

/// <summary>Three real nodes that forward TCP connections to three programs that are not ours.</summary>
internal sealed class ForeignCluster : IAsyncDisposable
{
    private static readonly string[] _ids = ["n1", "n2", "n3"];
    private readonly Dictionary<string, ForeignProgram> _programs = [];
    private RealCluster? _nodes;

    private ForeignCluster()
    {
        var ports = FreePorts.Find(6);
        foreach (var (index, id) in _ids.Index()) (Listen[id], Backend[id]) = (ports[2 * index], ports[2 * index + 1]);
    }

    /// <summary>Where each node takes connections.</summary>
    public Dictionary<string, int> Listen { get; } = [];

    /// <summary>Where each node's program listens.</summary>
    public Dictionary<string, int> Backend { get; } = [];

    public RealCluster Nodes => _nodes!;

    /// <param name="command">The command that runs a node's program, given the node and the port.</param>
    public static async Task<ForeignCluster> StartAsync(Func<string, int, string[]> command)
    {
        var cluster = new ForeignCluster();
        try
        {
            foreach (var id in _ids)
                cluster._programs.Add(id, ForeignProgram.Start(command(id, cluster.Backend[id])));
            var text = new StringBuilder("[service.foreign]\nkind = \"external\"\nspares = 0\n[service.foreign.tcp]\n");
            text.Append(
                CultureInfo.InvariantCulture,
                $"listen = {cluster.Listen["n1"]}\nbackend = {cluster.Backend["n1"]}\n");
            foreach (var id in _ids[1..])
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"{id} = {{ listen = {cluster.Listen[id]}, backend = {cluster.Backend[id]} }}\n");
            }

            cluster._nodes = await RealCluster.StartAsync("foreign", text.ToString());
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a client until it succeeds: a server takes a while to start.</summary>
    public static async Task<string> UntilDoneAsync(params string[] command)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            var (code, said) = await ForeignProgram.RunAsync(command);
            if (code == 0) return said.Trim();
            try
            {
                await pace.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{string.Join(' ', command)}: {said}");
            }
        }
    }

    /// <summary>A connection of a test's own to a node's port.</summary>
    public async Task<Socket> ConnectAsync(string id)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveTimeout = 30_000,
        };
        await socket.ConnectAsync("127.0.0.1", Listen[id]);
        return socket;
    }

    /// <summary>Waits until this node has so many connections open and none held.</summary>
    public Task OpenAsync(string id, int open) => Nodes.UntilAsync($"{open} connections at {id}", statuses =>
        statuses.Single(status => status.Node.Id == id).Tcp is [{ Held: 0 } tcp] && tcp.Open == open);

    public async ValueTask DisposeAsync()
    {
        if (_nodes is not null) await _nodes.DisposeAsync();
        foreach (var program in _programs.Values) program.Dispose();
    }
}
