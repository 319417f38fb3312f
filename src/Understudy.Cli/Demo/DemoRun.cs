using System.Diagnostics;
using System.Globalization;
using Understudy.Contracts;

namespace Understudy.Cli.Demo;

/// <summary>Runs a demo: form, strike and restore round by round, compare, measure at rest.</summary>
internal sealed class DemoRun(DemoOptions options, DemoCluster cluster, IDemoView view)
{
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(3);
    // A process goes on compiling what was just used for some seconds: that is no cost of resting.
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PictureEvery = TimeSpan.FromMilliseconds(250);

    private readonly DemoWait _wait = new(options, cluster, view);

    public async Task<Summary> RunAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        view.Say($"{options.Nodes} nodes, one process each; data and logs in {cluster.Folder}");
        cluster.Start();
        var status = await _wait.ForShapeAsync(null, null, cancellationToken);
        view.Say(Formed(status, clock.Elapsed));
        view.Picture(status, cluster, 0);

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var load = new Load([.. cluster.Nodes.Select(node => node.Http)], options, ended.Token);
        var watching = view.WantsPictures ? WatchAsync(load, ended.Token) : Task.CompletedTask;
        try
        {
            return await RoundsAsync(load, cancellationToken);
        }
        finally
        {
            await ended.CancelAsync();
            await watching;
        }
    }

    private async Task<Summary> RoundsAsync(Load load, CancellationToken cancellationToken)
    {
        List<Round> rounds = [];
        for (var number = 1; number <= options.Rounds; number++)
        {
            view.Now("clients write and read");
            await _wait.ForWritesAsync(load, cancellationToken);
            var round = new DemoRound(number, options, cluster, load, view, _wait);
            rounds.Add(await round.RunAsync(cancellationToken));
        }

        view.Now("the clients end");
        await load.StopAsync();
        view.Say($"reading every key back and checking {load.History.Count} operations");
        view.Now("every key is read back, the history is checked");
        await load.ReadBackAsync(cancellationToken);
        var history = load.History.Snapshot();
        var findings = await Task.Run(() => Verifier.Check(history), cancellationToken);
        var acks = load.GapWriter.Acks;
        var cost = await MeasureIdleAsync(cancellationToken);
        var pause = acks.Count == 0 ? 0 : Gap.Longest(acks, acks[0], acks[^1]);
        view.Now(findings.AreGood ? "all is well" : findings.Finding ?? "");
        return new Summary(options.Rounds, rounds, findings, cost, history.Count, pause);
    }

    private async Task<NodeCost> MeasureIdleAsync(CancellationToken cancellationToken)
    {
        view.Now("the cluster rests: what does a node cost?");
        await Task.Delay(SettleTime, cancellationToken);
        var before = cluster.Nodes.ToDictionary(node => node.Id, node => node.Cpu);
        var clock = Stopwatch.StartNew();
        await Task.Delay(IdleTime, cancellationToken);
        var elapsed = clock.Elapsed;
        var cpu = Greatest(node => 100 * ((node.Cpu - before[node.Id]) / elapsed));
        var cost = new NodeCost(cpu, Greatest(node => node.RssMegabytes));
        view.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"at rest a node uses {cost.IdleCpuPercent:0.0} % CPU and {cost.RssMegabytes:0} MB at most"));
        return cost;
    }

    private double Greatest(Func<DemoNode, double> cost) =>
        cluster.Nodes.Where(node => node.IsRunning).Select(cost).DefaultIfEmpty(0).Max();

    private async Task WatchAsync(Load load, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                view.Picture(await cluster.StatusAsync(null, cancellationToken), cluster, load.History.Acknowledged);
                await Task.Delay(PictureEvery, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The demo is over.
        }
    }

    private static string Formed(StatusDocument status, TimeSpan after)
    {
        var kv = Shape.Kv(status)!;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"formed in {after.TotalSeconds:0.0} s: view {status.View?.Epoch}, kv has primary {kv.Primary}, ") +
            $"secondaries {string.Join(", ", kv.Secondaries)}, spares {string.Join(", ", kv.Spares)}";
    }
}
