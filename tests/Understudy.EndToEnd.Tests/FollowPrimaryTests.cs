using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace Understudy.EndToEnd.Tests;

public class FollowPrimaryTests
{
    [Theory]
    [InlineData(RealNode.Kill)]
    [InlineData(RealNode.Stop)]
    public async Task A_primary_that_is_killed_or_hangs_is_not_noticed_by_clients(int signal)
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        var services = new ServiceCollection();
        services.AddHttpClient("kv").FollowPrimary(
            "kv", [.. cluster.Nodes.Values.Select(node => node.Http.ToString())]);
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("kv");
        client.Timeout = TimeSpan.FromSeconds(60);
        var begun = new CountdownEvent(50);
        using var stop = new CancellationTokenSource();
        Task<long>[] writing =
        [
            .. Enumerable.Range(0, 4).Select(_ => Task.Run(() => WriteAsync(client, begun, stop.Token))),
        ];
        begun.Wait(TestContext.Current.CancellationToken);
        var dead = await cluster.PrimaryAsync();
        cluster[dead].Signal(signal);
        await cluster.PrimaryAsync(without: dead);
        begun.Reset(50);
        begun.Wait(TestContext.Current.CancellationToken);
        await stop.CancelAsync();

        var written = (await Task.WhenAll(writing)).Sum();
        (await client.GetStringAsync("keys/n")).ShouldBe(written.ToString(CultureInfo.InvariantCulture));
        cluster.Passed();
    }

    /// <summary>Increments until it is stopped; every answer must be a success.</summary>
    private static async Task<long> WriteAsync(HttpClient client, CountdownEvent begun, CancellationToken stop)
    {
        var written = 0L;
        for (; !stop.IsCancellationRequested; written++)
        {
            using var response = await client.PostAsync("keys/n/increment", null, CancellationToken.None);
            var text = await response.Content.ReadAsStringAsync(CancellationToken.None);
            response.StatusCode.ShouldBe(HttpStatusCode.OK, text);
            if (!begun.IsSet) begun.Signal();
        }

        return written;
    }
}
