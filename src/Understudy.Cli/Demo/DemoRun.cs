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
        var kept = options.Keep ? "" : " until the end";
        view.Say($"{options.Nodes} nodes, a process each; their data and logs are in {cluster.Folder}{kept}");
        cluster.Start();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var history = new History();
        var watching = view.WantsPictures ? WatchAsync(history, ended.Token) : Task.CompletedTask;
        try
        {
            var status = await _wait.ForShapeAsync(null, null, cancellationToken);
            view.Say(Formed(status, clock.Elapsed));
            view.Say(Clients());
            var nodes = cluster.Nodes.Select(node => node.Http).ToArray();
            using var load = new Load(nodes, options, history, ended.Token);
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
        var requests = new Requests(history.Count, history.Count(operation => !operation.IsAnswered));
        return new Summary(options.Rounds, rounds, requests, findings, cost, pause);
    }

    private async Task<NodeCost> MeasureIdleAsync(CancellationToken cancellationToken)
    {
        view.Now("the clients have ended; what does a node cost at rest?");
        await Task.Delay(SettleTime, cancellationToken);
        var before = cluster.Nodes.ToDictionary(node => node.Id, node => node.Cpu);
        var clock = Stopwatch.StartNew();
        await Task.Delay(IdleTime, cancellationToken);
        var elapsed = clock.Elapsed;
        var cpu = Greatest(node => 100 * ((node.Cpu - before[node.Id]) / elapsed));
        var cost = new NodeCost(cpu, Greatest(node => node.RssMegabytes));
        view.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"without clients a node uses {cost.IdleCpuPercent:0.0} % CPU and {cost.RssMegabytes:0} MB at most"));
        return cost;
    }

    private double Greatest(Func<DemoNode, double> cost) =>
        cluster.Nodes.Where(node => node.IsRunning).Select(cost).DefaultIfEmpty(0).Max();

    private async Task WatchAsync(History history, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                view.Picture(await cluster.StatusAsync(null, cancellationToken), cluster, history.Acknowledged);
                await Task.Delay(PictureEvery, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The demo is over.
        }
    }

    private string Clients()
    {
        var clients = options.Clients == 1 ? "a client writes and reads" : $"{options.Clients} clients write and read";
        return $"{clients}, another one counts and times each answer; they follow the primary by Understudy.Client";
    }

    private static string Formed(StatusDocument status, TimeSpan after)
    {
        var kv = Shape.Kv(status)!;
        return string.Create(CultureInfo.InvariantCulture, $"a cluster after {after.TotalSeconds:0.0} s: ")
            + $"kv has its primary on {kv.Primary}, secondaries on {Listed(kv.Secondaries)}, "
            + $"spares on {Listed(kv.Spares)}";
    }

    private static string Listed(IReadOnlyList<string> nodes) => nodes.Count == 0 ? "none" : string.Join(", ", nodes);
}
