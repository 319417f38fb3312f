using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using Understudy.Cli.Demo;
using Understudy.Contracts;

namespace Understudy.EndToEnd.Tests;

/// <summary>Three real processes of a sample, which takes a node, a file and a folder.</summary>
internal sealed class SampleCluster : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("understudy-test-").FullName;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private readonly SortedDictionary<string, RealNode> _nodes = new(StringComparer.Ordinal);
    private readonly string _service;
    private bool _hasPassed;

    private SampleCluster(string sample, string service)
    {
        _service = service;
        var file = Path.Combine(_folder, "cluster.toml");
        var ports = FreePorts.Find(6);
        var text = new StringBuilder("cluster = \"sample\"\n");
        for (var i = 0; i < 3; i++)
        {
            var (id, http) = ($"n{i + 1}", ports[i + 3]);
            text.Append(
                CultureInfo.InvariantCulture,
                $"[node.{id}]\naddress = \"127.0.0.1:{ports[i]}\"\nhttp = \"127.0.0.1:{http}\"\n");
            var folder = Path.Combine(_folder, id);
            _nodes.Add(id, new RealNode(id, new Uri($"http://127.0.0.1:{http}"), file, folder)
            {
                Program = [Repository.Find(sample), id, file, folder],
            });
        }

        File.WriteAllText(file, text.ToString());
    }

    public RealNode this[string id] => _nodes[id];

    /// <summary>The nodes' HTTP addresses.</summary>
    public string[] Addresses => [.. _nodes.Values.Select(node => node.Http.ToString())];

    /// <summary>Starts the nodes, and waits until the service has its primary and both secondaries.</summary>
    public static async Task<SampleCluster> StartAsync(string sample, string service)
    {
        var cluster = new SampleCluster(sample, service);
        try
        {
            foreach (var node in cluster._nodes.Values) node.Start();
            await cluster.ShapeAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The running nodes but this one.</summary>
    public IReadOnlyList<RealNode> Others(string id) =>
        [.. _nodes.Values.Where(node => node.IsRunning && node.Id != id)];

    /// <summary>Waits until the service has its primary and both secondaries.</summary>
    public Task ShapeAsync() => UntilAsync(status => status is { Primary: not null, Secondaries.Count: 2 });

    /// <summary>Call at the end: without it, the nodes' logs are printed.</summary>
    public void Passed() => _hasPassed = true;

    /// <summary>The node where the service is primary, as another one than this one sees it.</summary>
    public async Task<string> PrimaryAsync(string? without = null) =>
        (await UntilAsync(status => status.Primary is { } primary && primary != without, without)).Primary!;

    public ValueTask DisposeAsync()
    {
        foreach (var node in _nodes.Values) node.Dispose();
        if (!_hasPassed)
        {
            foreach (var node in _nodes.Values)
                TestContext.Current.TestOutputHelper?.WriteLine($"==== {node.Id}\n{node.Log}");
        }

        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task<ServiceStatus> UntilAsync(Func<ServiceStatus, bool> condition, string? without = null)
    {
        using var limit = new CancellationTokenSource(_patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await pace.WaitForNextTickAsync(limit.Token))
        {
            foreach (var node in _nodes.Values.Where(node => node.IsRunning && node.Id != without))
            {
                var service = (await StatusAsync(node))?.Services.FirstOrDefault(each => each.Name == _service);
                if (service is not null && condition(service)) return service;
            }
        }

        throw new TimeoutException();
    }

    private async Task<StatusDocument?> StatusAsync(RealNode node)
    {
        try
        {
            return await _http.GetFromJsonAsync(
                new Uri(node.Http, StatusDocument.Path), ContractsJson.Default.StatusDocument);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return null;
        }
    }
}
