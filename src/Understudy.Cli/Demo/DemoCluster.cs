using System.Globalization;
using System.Text;
using Understudy.Contracts;

namespace Understudy.Cli.Demo;

/// <summary>The demo's nodes, their file and their folder. No process outlives it.</summary>
internal sealed class DemoCluster : IDisposable
{
    private readonly DemoOptions _options;
    private readonly HttpClient _http;

    public DemoCluster(DemoOptions options, string folder)
    {
        _options = options;
        Folder = folder;
        File = Path.Combine(folder, "cluster.toml");
        var ports = FreePorts.Find(options.Nodes * 2);
        Nodes = [.. Enumerable.Range(0, options.Nodes)
            .Select(i => new DemoNode($"n{i + 1}", ports[i * 2], ports[(i * 2) + 1], folder, options.Program))];
        System.IO.File.WriteAllText(File, Toml());
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(1) })
        {
            Timeout = TimeSpan.FromSeconds(2),
        };
    }

    public string Folder { get; }

    public string File { get; }

    public IReadOnlyList<DemoNode> Nodes { get; }

    public void Start()
    {
        foreach (var node in Nodes) node.Start(File);
    }

    public DemoNode Node(string id) => Nodes.First(node => node.Id == id);

    /// <summary>The status as the first answering node that is not excluded sees it; null if none answers.</summary>
    public async Task<StatusDocument?> StatusAsync(DemoNode? except, CancellationToken cancellationToken)
    {
        foreach (var node in Asked(except))
        {
            if (await AdminApi.StatusAsync(_http, node.Http, cancellationToken) is { } status) return status;
        }

        return null;
    }

    /// <summary>What happened lately on every running node but one, in order of time.</summary>
    public async Task<IReadOnlyList<TimelineEvent>> TimelineAsync(
        DemoNode? except, CancellationToken cancellationToken)
    {
        var asked = Asked(except).Select(node => AdminApi.TimelineAsync(_http, node.Http, cancellationToken));
        var timelines = await Task.WhenAll(asked);
        return [.. timelines.OfType<TimelineDocument>()
            .SelectMany(timeline => timeline.Events)
            .OrderBy(happened => happened.MonotonicNanoseconds)];
    }

    /// <summary>Fails if a node that should run has ended by itself.</summary>
    public void CheckNoneEnded(DemoNode? except)
    {
        if (Nodes.FirstOrDefault(node => node != except && !node.IsRunning) is { } ended)
            throw new DemoFailedException($"{ended.Id} ended by itself. Its log ends:\n{ended.LogTail()}");
    }

    public void Dispose()
    {
        foreach (var node in Nodes) node.Dispose();
        _http.Dispose();
    }

    private IEnumerable<DemoNode> Asked(DemoNode? except) =>
        Nodes.Where(node => node != except && node.IsRunning && !node.IsStopped);

    private string Toml()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"cluster = \"demo\"\nprofile = \"{_options.Profile.Name}\"\n");
        text.Append("quarantine = false\n"); // Its nodes are killed again and again, on purpose.
        foreach (var (index, node) in Nodes.Index())
        {
            text.Append(CultureInfo.InvariantCulture, $"\n[node.{node.Id}]\n");
            text.Append(CultureInfo.InvariantCulture, $"address = \"127.0.0.1:{node.AddressPort}\"\n");
            text.Append(CultureInfo.InvariantCulture, $"http    = \"127.0.0.1:{node.HttpPort}\"\n");
            if (index >= ClusterConfiguration.MaxVoters) text.Append("voter = false\n");
        }

        text.Append(CultureInfo.InvariantCulture,
            $"""

            [service.kv]
            kind = "kv"
            secondaries = {_options.Secondaries}
            spares = {_options.Spares}
            durability = "{(_options.Durability == Durability.Disk ? "disk" : "memory")}"

            """);
        return text.ToString();
    }
}
