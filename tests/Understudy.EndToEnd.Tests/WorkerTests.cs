namespace Understudy.EndToEnd.Tests;

/// <summary>A worker on three real processes: never two of it at once, whatever happens to them.</summary>
public class WorkerTests
{
    /// <summary>How the system tells that a process was ended by SIGKILL: 128 and the signal.</summary>
    private const int Killed = 128 + RealNode.Kill;

    [Fact]
    public async Task When_its_process_is_killed_the_worker_runs_on_another_node_with_a_greater_token()
    {
        await using var cluster = await WorkerCluster.StartAsync();
        for (var round = 0; round < 3; round++)
        {
            var runner = await cluster.RunnerAsync();
            var version = cluster.Version;
            runner.Signal(RealNode.Kill);
            (await runner.ExitAsync(TestContext.Current.CancellationToken)).ShouldBe(Killed);
            await cluster.NewerThanAsync(version);
            (await cluster.RunnerAsync()).ShouldNotBe(runner);
            runner.Start();
            await RejoinedAsync(cluster);
        }

        cluster.NeverTwo();
        cluster.Passed();
    }

    [Fact]
    public async Task A_process_that_is_stopped_for_longer_than_its_lease_is_dead_before_the_worker_runs_elsewhere()
    {
        await using var cluster = await WorkerCluster.StartAsync();
        var runner = await cluster.RunnerAsync();
        var version = cluster.Version;

        runner.Signal(RealNode.Stop);
        await cluster.NewerThanAsync(version);
        (await runner.ExitAsync(TestContext.Current.CancellationToken))
            .ShouldBe(Killed, "the kernel killed the stopped process");
        runner.Start();
        await RejoinedAsync(cluster);
        cluster.NeverTwo();
        cluster.Passed();
    }

    [Fact]
    public async Task When_its_node_is_asked_to_stop_the_worker_ends_there_and_runs_on_another_one()
    {
        await using var cluster = await WorkerCluster.StartAsync();
        var runner = await cluster.RunnerAsync();
        var version = cluster.Version;

        runner.Signal(RealNode.Terminate);
        (await runner.ExitAsync(TestContext.Current.CancellationToken)).ShouldBe(0);
        await cluster.NewerThanAsync(version);

        cluster.NeverTwo();
        cluster.Passed();
    }

    [Fact]
    public async Task A_node_without_a_quorum_stops_its_worker_and_lives_on()
    {
        await using var cluster = await WorkerCluster.StartAsync();
        var runner = await cluster.RunnerAsync();
        var others = cluster.Nodes.Values.Where(node => node != runner).ToList();

        foreach (var other in others) other.Signal(RealNode.Stop);
        await cluster.UntilAsync("the end of the run", () => Task.FromResult(runner.Log.Contains("has ended here")));
        var silent = cluster.Lines().Count;
        runner.IsRunning.ShouldBeTrue();

        foreach (var other in others) other.Signal(RealNode.Continue);
        await cluster.UntilAsync("a run after that", () => Task.FromResult(cluster.Lines().Count > silent));
        cluster.NeverTwo();
        cluster.Passed();
    }

    [Fact]
    public async Task A_worker_that_ignores_that_it_is_told_to_stop_ends_its_process_which_says_why()
    {
        await using var cluster = await WorkerCluster.StartAsync(isDeaf: true);
        var runner = await cluster.RunnerAsync();
        foreach (var other in cluster.Nodes.Values.Where(node => node != runner)) other.Signal(RealNode.Stop);

        (await runner.ExitAsync(TestContext.Current.CancellationToken)).ShouldNotBe(0);

        await cluster.UntilAsync("the reason", () => Task.FromResult(runner.Log.Contains(
            "The worker nightly-billing was told to stop and has not stopped. The process ends")));
        cluster.NeverTwo();
        cluster.Passed();
    }

    private static Task RejoinedAsync(WorkerCluster cluster) => cluster.UntilAsync("all three as members", async () =>
    {
        foreach (var node in cluster.Nodes.Values)
        {
            if ((await cluster.StatusAsync(node))?.View?.Members.Count != 3) return false;
        }

        return true;
    });
}
