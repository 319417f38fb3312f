using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using Understudy.Cli.Demo;
using Understudy.Contracts;

namespace Understudy.EndToEnd.Tests;

/// <summary>
/// Three real processes that host a worker, which writes its fencing token and the machine's monotonic time into one
/// file again and again.
/// </summary>
internal sealed class WorkerCluster : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("understudy-test-").FullName;
    private readonly HttpClient _status = new() { Timeout = TimeSpan.FromSeconds(2) };
    private bool _hasPassed;

    private WorkerCluster(bool isDeaf)
    {
        var file = Path.Combine(_folder, "cluster.toml");
        var ports = FreePorts.Find(6);
        // Leases that a busy machine does not outlast, even while processes start.
        var text = new StringBuilder("cluster = \"workers\"\nprofile = \"wan\"\n");
        var program = Repository.Find(isDeaf ? "Understudy.DeafWorker" : "PrimaryOnly");
        for (var i = 0; i < 3; i++)
        {
            var (id, http) = ($"n{i + 1}", ports[i + 3]);
            text.Append(
                CultureInfo.InvariantCulture,
                $"[node.{id}]\naddress = \"127.0.0.1:{ports[i]}\"\nhttp = \"127.0.0.1:{http}\"\n");
            Nodes.Add(id, new RealNode(id, new Uri($"http://127.0.0.1:{http}"), file, _folder)
            {
                Program = [program, id, file, _folder],
            });
        }

        File.WriteAllText(file, text.ToString());
    }

    public SortedDictionary<string, RealNode> Nodes { get; } = new(StringComparer.Ordinal);

    /// <summary>Starts three nodes, and waits until the worker runs.</summary>
    public static async Task<WorkerCluster> StartAsync(bool isDeaf = false)
    {
        var cluster = new WorkerCluster(isDeaf);
        try
        {
            foreach (var node in cluster.Nodes.Values) node.Start();
            await cluster.NewerThanAsync(0);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Call at the end: without it, the nodes' logs are printed.</summary>
    public void Passed() => _hasPassed = true;

    /// <summary>What the worker's runs have written so far, in the order in which they did.</summary>
    public IReadOnlyList<(long Version, Int128 At)> Lines()
    {
        var file = Path.Combine(_folder, "ledger");
        if (!File.Exists(file)) return [];
        return
        [
            .. File.ReadAllText(file).Split('\n')[..^1].Select(line => line.Split(' ')).Select(words => (
                long.Parse(words[0], CultureInfo.InvariantCulture),
                Int128.Parse(words[1], CultureInfo.InvariantCulture))),
        ];
    }

    /// <summary>The version of the latest run.</summary>
    public long Version => Lines()[^1].Version;

    /// <summary>Waits until a run with a greater token has written something, and gives its version.</summary>
    public async Task<long> NewerThanAsync(long version)
    {
        await UntilAsync($"a run after version {version}", () => Task.FromResult(
            Lines() is [.., var last] && last.Version > version));
        return Version;
    }

    /// <summary>The node on which the worker runs.</summary>
    public async Task<RealNode> RunnerAsync()
    {
        RealNode? runner = null;
        await UntilAsync("one node that runs the worker", async () =>
        {
            HashSet<string?> named = [];
            foreach (var node in Nodes.Values.Where(node => node.IsRunning))
                named.Add((await StatusAsync(node))?.Services.SingleOrDefault()?.Primary);
            if (named is not { Count: 1 } || named.Single() is not { } id) return false;
            runner = Nodes[id];
            return true;
        });
        return runner!;
    }

    public async Task<StatusDocument?> StatusAsync(RealNode node)
    {
        try
        {
            return await _status.GetFromJsonAsync(
                new Uri(node.Http, StatusDocument.Path), ContractsJson.Default.StatusDocument);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>A run writes nothing once a later one has, by the file's order and by the clock.</summary>
    public void NeverTwo()
    {
        var lines = Lines();
        for (var i = 1; i < lines.Count; i++)
        {
            var (before, after) = (lines[i - 1], lines[i]);
            after.Version.ShouldBeGreaterThanOrEqualTo(before.Version, $"line {i} is of an earlier run");
            if (after.Version > before.Version) (after.At > before.At).ShouldBeTrue($"line {i} overlaps");
        }
    }

    public async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(_patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        try
        {
            while (await pace.WaitForNextTickAsync(limit.Token))
            {
                if (await condition()) return;
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Waited {_patience.TotalSeconds} s for {what}; the last lines are "
                + string.Join(", ", Lines().TakeLast(3)));
        }
    }

    public ValueTask DisposeAsync()
    {
        foreach (var node in Nodes.Values) node.Dispose();
        if (!_hasPassed)
        {
            foreach (var node in Nodes.Values)
                TestContext.Current.TestOutputHelper?.WriteLine($"==== {node.Id}\n{node.Log}");
        }

        _status.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
