using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Understudy.Cli.Demo;
using Understudy.Contracts;

namespace Understudy.EndToEnd.Tests;

/// <summary>A cluster of real processes on loopback, with fresh data in a temporary folder.</summary>
internal sealed class RealCluster : IAsyncDisposable
{
    /// <summary>Nothing in these tests may take longer; slow machines are slow.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("understudy-test-").FullName;
    private readonly HttpClient _status = new() { Timeout = TimeSpan.FromSeconds(2) };
    private readonly string _service;
    private bool _hasPassed;

    private RealCluster(
        IReadOnlyList<(string Id, string Extra)> nodes, string services, string service = "kv", string profile = "lan")
    {
        _service = service;
        var file = Path.Combine(_folder, "cluster.toml");
        var ports = FreePorts.Find(nodes.Count * 2);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"cluster = \"test\"\nprofile = \"{profile}\"\n");
        text.Append("quarantine = false\n"); // Its nodes are killed again and again, on purpose.
        foreach (var (index, (id, extra)) in nodes.Index())
        {
            var (address, http) = (ports[2 * index], ports[2 * index + 1]);
            text.Append(
                CultureInfo.InvariantCulture,
                $"[node.{id}]\naddress = \"127.0.0.1:{address}\"\nhttp = \"127.0.0.1:{http}\"\n{extra}\n");
            var uri = new Uri($"http://127.0.0.1:{http}");
            Nodes.Add(id, new RealNode(id, uri, file, Path.Combine(_folder, id))
            {
                Peers = new Uri($"tcp://127.0.0.1:{address}"),
            });
        }

        text.Append(services);
        File.WriteAllText(file, text.ToString());
    }

    public SortedDictionary<string, RealNode> Nodes { get; } = new(StringComparer.Ordinal);

    public RealNode this[string id] => Nodes[id];

    /// <summary>
    /// Starts voters n1, n2, … and, with <paramref name="witness"/>, a witness w1; waits for its shape.
    /// </summary>
    /// <param name="voters">How many.</param>
    /// <param name="witness">Whether there is one.</param>
    /// <param name="profile">The cluster's.</param>
    /// <param name="prepare">Is given each node before any is started.</param>
    public static async Task<RealCluster> StartAsync(
        int voters, bool witness = false, string profile = "lan", Action<RealNode>? prepare = null)
    {
        List<(string, string)> nodes = [.. Enumerable.Range(1, voters).Select(i => ($"n{i}", ""))];
        if (witness) nodes.Add(("w1", "witness = true"));
        var kv = string.Create(
            CultureInfo.InvariantCulture,
            $"[service.kv]\nkind = \"kv\"\nsecondaries = {Math.Min(2, voters - 1)}\n"
            + $"spares = {Math.Max(0, voters - 3)}\n");
        return await StartAsync(new RealCluster(nodes, kv, profile: profile), prepare);
    }

    /// <summary>Starts n1, n2 and n3 with one service, which these lines of the file describe.</summary>
    public static Task<RealCluster> StartAsync(string service, string lines) =>
        StartAsync(new RealCluster([("n1", ""), ("n2", ""), ("n3", "")], lines, service));

    /// <summary>Starts these nodes with <c>kv</c>, which these lines of the file describe.</summary>
    /// <param name="nodes">Their ids, and further lines of the file for each.</param>
    /// <param name="services">Lines of the file.</param>
    /// <param name="profile">The cluster's.</param>
    public static Task<RealCluster> StartAsync(
        IReadOnlyList<(string Id, string Extra)> nodes, string services, string profile) =>
        StartAsync(new RealCluster(nodes, services, profile: profile));

    private static async Task<RealCluster> StartAsync(RealCluster cluster, Action<RealNode>? prepare = null)
    {
        try
        {
            foreach (var node in cluster.Nodes.Values) prepare?.Invoke(node);
            foreach (var node in cluster.Nodes.Values) node.Start();
            await cluster.ShapeAsync();
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

    /// <summary>A client of these nodes, or of all.</summary>
    public ClusterClient Client(params string[] ids) =>
        new([.. (ids.Length == 0 ? Nodes.Keys : ids.AsEnumerable()).Select(id => Nodes[id].Http)]);

    /// <summary>The node that says it is primary, once all running nodes but those left out agree on it.</summary>
    public async Task<string> PrimaryAsync(params string[] without)
    {
        var primary = "";
        await UntilAsync("one primary", statuses =>
        {
            var named = statuses.Select(status => Primary(status, _service)).Distinct().ToArray();
            if (named is not [{ } one] || without.Contains(one)) return false;
            primary = one;
            return true;
        }, without);
        return primary;
    }

    /// <summary>Waits until every running node says that the shape is as wanted.</summary>
    public Task ShapeAsync() => UntilAsync("the wanted shape", statuses => statuses.All(status =>
        status.View?.Members.Count == Nodes.Count
        && status.Services is { Count: > 0 } services
        && services.All(service => service is { Primary: not null, Joining.Count: 0 }
            && service.Secondaries.Count == service.WantedSecondaries
            && service.Spares.Count == service.WantedSpares)));

    /// <summary>Waits until the statuses of all running nodes, but those left out, fulfil a condition.</summary>
    public async Task UntilAsync(string what, Func<StatusDocument[], bool> condition, params string[] without)
    {
        using var limit = new CancellationTokenSource(_patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        StatusDocument?[] seen = [];
        try
        {
            while (await pace.WaitForNextTickAsync(limit.Token))
            {
                var asked = Nodes.Values.Where(node => node.IsRunning && !without.Contains(node.Id));
                seen = await Task.WhenAll(asked.Select(node => StatusAsync(node, limit.Token)));
                if (seen.All(status => status is not null) && condition(seen!)) return;
            }
        }
        catch (OperationCanceledException)
        {
            var found = string.Join("\n", seen.Select(status => status is null ? "no answer" : Summary(status)));
            throw new TimeoutException($"Waited {_patience.TotalSeconds} s for {what}; found:\n{found}");
        }
    }

    public async Task<StatusDocument?> StatusAsync(RealNode node, CancellationToken cancellationToken)
    {
        try
        {
            var address = new Uri(node.Http, StatusDocument.Path);
            return await _status.GetFromJsonAsync(address, ContractsJson.Default.StatusDocument, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
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

    private static string? Primary(StatusDocument status, string name) =>
        status.Services.SingleOrDefault(service => service.Name == name)?.Primary;

    private static string Summary(StatusDocument status)
    {
        var services = status.Services.Select(service =>
            $"{service.Name}: primary {service.Primary ?? "none"}, " +
            $"secondaries {string.Join(' ', service.Secondaries)}, "
            + $"joining {string.Join(' ', service.Joining)}, spares {string.Join(' ', service.Spares)}");
        return $"{status.Node.Id} {status.Node.State} view {status.View?.Epoch} "
            + $"[{string.Join(' ', status.View?.Members.Select(member => member.Id) ?? [])}] "
            + $"{string.Join("; ", services)} | {string.Join("; ", status.Reasons)}";
    }
}
