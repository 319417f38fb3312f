using System.Diagnostics;
using System.Globalization;

namespace Understudy.EndToEnd.Tests;

public sealed class PeriodicTests : IDisposable
{
    private readonly HttpClient _http = new();
    private readonly List<(TimeSpan CalledAt, TimeSpan ReturnedAt)> _acknowledged = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task A_killed_periodic_primary_loses_no_more_than_the_status_says_and_a_switchover_nothing()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        await OperatorLine.DoAsync(
            cluster["n1"], "service", "change", "kv", "--checkpoints", "periodic", "--interval", "500ms");
        var bound = TimeSpan.Zero;
        await cluster.UntilAsync("the periodic service", statuses => statuses.All(status =>
        {
            var kv = status.Services.Single();
            bound = TimeSpan.FromSeconds(kv.LossBoundSeconds ?? 0);
            return kv is { Checkpoints: "periodic", IntervalSeconds: 0.5 };
        }));

        var from = await cluster.PrimaryAsync();
        var to = cluster.Nodes.Keys.First(id => id != from);
        var asked = cluster.Nodes.Values.First(node => node.Id != from && node.Id != to);
        for (var i = 0; i < 100; i++) (await IncrementAsync(asked)).ShouldBeTrue();
        await OperatorLine.DoAsync(asked, "switchover", "kv", "--to", to);
        (await CountAsync(asked)).ShouldBe(_acknowledged.Count, "a planned change loses nothing");

        var killed = cluster[to];
        var killAt = _clock.Elapsed + (bound * 2);
        while (await IncrementAsync(asked))
        {
            if (_clock.Elapsed < killAt) continue;
            killed.Signal(RealNode.Kill);
            await killed.ExitAsync(TestContext.Current.CancellationToken);
            break;
        }

        await cluster.PrimaryAsync(without: to);

        var left = await CountAsync(asked);
        if (left < _acknowledged.Count)
        {
            // The last was acknowledged after it was asked for, the first that is lost before its answer came.
            (_acknowledged[^1].CalledAt - _acknowledged[left].ReturnedAt).ShouldBeLessThanOrEqualTo(bound);
        }

        var manager = "";
        await cluster.UntilAsync("one replica manager", statuses =>
        {
            manager = statuses[0].ReplicaManager?.Primary ?? "";
            return manager.Length > 0 && statuses.All(status => status.ReplicaManager?.Primary == manager);
        }, to);
        var history = await OperatorLine.DoAsync(cluster[manager], "history");
        history.ShouldContain("latest updates, which it sent every 500ms, may be lost");
        cluster.Passed();
    }

    private async Task<bool> IncrementAsync(RealNode node)
    {
        var calledAt = _clock.Elapsed;
        try
        {
            using var told = await _http.PostAsync(new Uri(node.Http, "/svc/kv/keys/n/increment"), null);
            if (!told.IsSuccessStatusCode) return false;
            _acknowledged.Add((calledAt, _clock.Elapsed));
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task<int> CountAsync(RealNode node) => int.Parse(
        await _http.GetStringAsync(new Uri(node.Http, "/svc/kv/keys/n")), CultureInfo.InvariantCulture);
}
