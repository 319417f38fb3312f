using System.Diagnostics;
using Understudy.Cli;
using Understudy.Cli.Demo;
using Understudy.Contracts;

namespace Understudy.Benchmarks;

/// <summary>
/// How soon requests that one node holds are answered when their service has a primary again. The primary is killed
/// while one of the other two nodes is stopped, so that nobody can decide; writes come to the third, on a connection
/// each, until it holds them all; then the stopped one goes on. Counted from the activation of the new primary, as
/// its node's timeline says it, to the last answer.
/// </summary>
internal sealed class ResumeBenchmark(BenchmarkCluster nodes, int held)
{
    private const int Trials = 3;
    private const int WarmUpTogether = 50;

    /// <summary>A node holds a request for 5 s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    private readonly DemoWait _wait = new(nodes.Options, nodes.Cluster, new PlainView(TextWriter.Null));

    /// <returns>Of each trial, the time in milliseconds.</returns>
    public static async Task<IReadOnlyList<double>> RunAsync(
        ClientsOptions options, TextWriter output, CancellationToken stop)
    {
        using var nodes = new BenchmarkCluster(new DemoOptions
        {
            Durability = options.IsDurable ? Durability.Disk : Durability.Memory,
        });
        await nodes.FormAsync(stop);
        var benchmark = new ResumeBenchmark(nodes, options.Held);
        List<double> resumes = [];
        for (var trial = 1; trial <= Trials; trial++)
        {
            resumes.Add(await benchmark.TryOnceAsync(stop));
            await output.WriteLineAsync(FormattableString.Invariant($"resume {trial}: {options.Held} held requests ")
                + FormattableString.Invariant($"answered within {resumes[^1]:0.0} ms of the primary's activation"));
        }

        return resumes;
    }

    private async Task<double> TryOnceAsync(CancellationToken stop)
    {
        var before = Shape.Kv(await _wait.ForShapeAsync(null, null, stop))!;
        var primary = nodes.Cluster.Node(before.Primary!);
        var (gateway, other) = nodes.Cluster.Nodes.Where(node => node != primary).ToArray() switch
        {
            [var one, var two] => (one, two),
            _ => throw new InvalidOperationException("The benchmark's cluster has three nodes."),
        };
        ClosedLoopConnection[] clients = [.. Enumerable.Range(0, held)
            .Select(number => PutConnection.Open(gateway.Http, $"held-{number}"))];
        try
        {
            foreach (var some in clients.Chunk(WarmUpTogether)) AskTogether(some);
            other.Signal(Signals.Stop);
            primary.Signal(Signals.Kill);
            foreach (var client in clients) client.Send();
            await UntilHeldAsync(gateway, stop);
            var resumed = Monotonic.Nanoseconds;
            other.Signal(Signals.Continue);

            // One after the other: the time of the last to come counts, and nothing is taken from the nodes meanwhile.
            foreach (var client in clients) client.Finish();
            var last = Monotonic.Nanoseconds;
            var active = await ActiveSinceAsync(primary, resumed, before.Version, stop);
            await primary.WaitForExitAsync(nodes.Options.ShapePatience, stop);
            primary.Start(nodes.Cluster.File);
            return Monotonic.Milliseconds(last - active);
        }
        catch (IOException)
        {
            nodes.Cluster.CheckNoneEnded(primary); // That says more.
            throw;
        }
        finally
        {
            foreach (var client in clients) client.Dispose();
        }
    }

    private static void AskTogether(ClosedLoopConnection[] clients)
    {
        foreach (var client in clients) client.Send();
        foreach (var client in clients) client.Finish();
    }

    private async Task UntilHeldAsync(DemoNode gateway, CancellationToken stop)
    {
        using var node = new NodeClient(gateway.Http);
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var (_, status) = await node.StatusAsync(stop);
            var waiting = status.Requests.Sum(requests => requests.Waiting);
            if (waiting >= held) return;
            if (clock.Elapsed > Patience)
                throw new DemoFailedException($"{gateway.Id} holds {waiting} requests of {held}");
            await Task.Delay(Poll, stop);
        }
    }

    private async Task<long> ActiveSinceAsync(DemoNode victim, long from, long version, CancellationToken stop)
    {
        var events = await nodes.Cluster.TimelineAsync(victim, stop);
        var active = events.FirstOrDefault(
            happened => happened is { Kind: TimelineKinds.PrimaryActivated, Service: "kv" }
                && happened.MonotonicNanoseconds >= from && happened.Version > version);
        return active?.MonotonicNanoseconds
            ?? throw new DemoFailedException("no node's timeline says that kv has a new primary");
    }
}
