using Microsoft.Extensions.DependencyInjection;
using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>Clients of kv as an application has them: by the client library, or of one node.</summary>
internal sealed class KvClients : IAsyncDisposable
{
    private const string Service = "kv";

    private readonly ServiceProvider _provider;

    public KvClients(DemoCluster cluster)
    {
        var services = new ServiceCollection();
        services.AddHttpClient(Service)
            .FollowPrimary(Service, [.. cluster.Nodes.Select(node => node.Http.AbsoluteUri)]);
        foreach (var node in cluster.Nodes)
            services.AddHttpClient(node.Id, client => client.BaseAddress = new Uri(node.Http, $"svc/{Service}/"));
        _provider = services.BuildServiceProvider();
        Factory = _provider.GetRequiredService<IHttpClientFactory>();
    }

    /// <summary>One whose requests go to the primary.</summary>
    public HttpClient Following() => Factory.CreateClient(Service);

    /// <summary>One whose requests go to one node.</summary>
    public HttpClient At(DemoNode node) => Factory.CreateClient(node.Id);

    public ValueTask DisposeAsync() => _provider.DisposeAsync();

    private IHttpClientFactory Factory { get; }
}
