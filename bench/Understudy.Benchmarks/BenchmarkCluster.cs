using System.Globalization;
using Understudy.Cli;
using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>Three nodes with fresh data, started as the demo starts its nodes, and gone at the end.</summary>
internal sealed class BenchmarkCluster : IDisposable
{
    public const int Nodes = 3;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    private readonly DemoOptions _options;
    private readonly string _folder = Directory.CreateTempSubdirectory("understudy-bench-").FullName;

    /// <param name="options">What the nodes are.</param>
    /// <param name="program">What runs as a node; by default the command.</param>
    public BenchmarkCluster(DemoOptions options, string[]? program = null)
    {
        _options = options with { Nodes = Nodes, Program = program ?? Program("Understudy.Cli.dll") };
        Cluster = new DemoCluster(_options, _folder);
    }

    public DemoOptions Options => _options;

    public DemoCluster Cluster { get; }

    /// <summary>Starts the nodes and waits until kv is as wanted.</summary>
    /// <returns>The HTTP side of the node that hosts its primary.</returns>
    public async Task<Uri> FormAsync(CancellationToken stop)
    {
        Cluster.Start();
        var wait = new DemoWait(_options, Cluster, new PlainView(TextWriter.Null));
        var status = await wait.ForShapeAsync(null, null, stop);
        return Cluster.Node(Shape.Kv(status)!.Primary!).Http;
    }

    /// <summary>Waits until a service that the nodes' program adds has its primary and secondaries.</summary>
    /// <returns>The node that hosts its primary.</returns>
    public async Task<DemoNode> PrimaryOfAsync(string service, CancellationToken stop)
    {
        for (var left = _options.ShapePatience; left > TimeSpan.Zero; left -= Poll)
        {
            var status = await Cluster.StatusAsync(null, stop);
            var found = status?.Services.FirstOrDefault(each => each.Name == service);
            if (found is { Primary: { } primary, Secondaries.Count: Nodes - 1 }) return Cluster.Node(primary);
            await Task.Delay(Poll, stop);
        }

        throw new DemoFailedException($"{service} has no primary with {Nodes - 1} secondaries");
    }

    /// <summary>Waits until one of the nodes has said a line that begins so.</summary>
    /// <param name="beginning">How the line begins.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="stop">Ends the waiting.</param>
    public async Task<string> SaidAsync(
        string beginning, TimeSpan patience, CancellationToken stop)
    {
        for (var left = patience; left > TimeSpan.Zero; left -= Poll)
        {
            Cluster.CheckNoneEnded(null);
            var lines = Cluster.Nodes.Where(node => File.Exists(node.Log)).SelectMany(node => File.ReadLines(node.Log));
            if (lines.FirstOrDefault(line => line.StartsWith(beginning, StringComparison.Ordinal)) is { } said)
                return said;
            await Task.Delay(Poll, stop);
        }

        var logs = string.Join('\n', Cluster.Nodes.Select(node => $"{node.Id}: {node.LogTail()}"));
        throw new DemoFailedException(string.Create(
            CultureInfo.InvariantCulture, $"no node said \"{beginning}\" in {patience.TotalSeconds:0} s.\n{logs}"));
    }

    public void Dispose()
    {
        Cluster.Dispose();
        DataFolder.Remove(_folder);
    }

    /// <summary>The processor time of all nodes since they started.</summary>
    public TimeSpan Cpu => Cluster.Nodes.Aggregate(TimeSpan.Zero, (sum, node) => sum + node.Cpu);

    // The command stands beside this program, with its own settings of the runtime.
    public static string[] Program(string file) => ["dotnet", Path.Combine(AppContext.BaseDirectory, file)];
}
