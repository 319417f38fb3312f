using System.Diagnostics;
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

    [Fact]
    public async Task The_sample_counts_on_while_the_primary_is_killed()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        string[] nodes = [.. cluster.Nodes.Values.Select(node => node.Http.ToString())];
        using var sample = Process.Start(
            new ProcessStartInfo("dotnet", [Repository.Find("FollowPrimary"), "20", .. nodes])
            {
                RedirectStandardOutput = true,
            })!;
        List<string> said = [];
        while (await sample.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            said.Add(line);
            if (said.Count == 5) cluster[await cluster.PrimaryAsync()].Signal(RealNode.Kill);
        }

        await sample.WaitForExitAsync(TestContext.Current.CancellationToken);
        sample.ExitCode.ShouldBe(0);
        said.Select(line => line.Split(' ')[0]).ShouldBe(Enumerable.Range(1, 20).Select(number => $"{number}"));
        said.Select(line => line.Split(' ')[^1]).Distinct().Count().ShouldBe(2);
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
