using Microsoft.Extensions.DependencyInjection;

namespace Understudy.Testing.Tests;

/// <summary>Workers in a test cluster: where they run, and never two at once.</summary>
public class WorkerTests
{
    private const string Name = "poller";

    [Fact]
    public void A_worker_moves_when_its_node_is_killed_and_never_runs_twice_at_once() => Run(
        seeds: 30,
        async (cluster, polls) =>
        {
            await PollsOnAsync(cluster, polls, cluster.PrimaryOf(Name));
            var (token, node) = polls.Last;
            cluster[node].Kill();
            var killedAt = cluster.Now;
            var next = await cluster.FailoverAsync(Name);
            next.Node.ShouldNotBe(node);
            (cluster.Now - killedAt).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(300), "its lease lasted on");
            await PollsOnAsync(cluster, polls, next);
            polls.Last.Token.ShouldBeGreaterThan(token);
            polls.NeverTwo();
        });

    [Fact]
    public void Whatever_happens_it_never_runs_twice_at_once() => Run(
        seeds: 30,
        async (cluster, polls) =>
        {
            foreach (var happens in new Action<UnderstudyTestNode>[]
            {
                node => node.Kill(), node => node.PowerOff(), node => node.Pause(), node => _ = node.StopAsync(),
                node => cluster.CutOff(node.Node),
            })
            {
                happens(cluster.PrimaryOf(Name));
                await PollsOnAsync(cluster, polls, await cluster.FailoverAsync(Name));
                cluster.Heal();
                foreach (var node in cluster.Nodes) node.Resume();
                cluster.Start();
                await cluster.UntilInShapeAsync();
            }

            var other = cluster.PrimaryOf(Name).Node == "n1" ? "n2" : "n1";
            await cluster.SwitchOverAsync(Name, other);
            await PollsOnAsync(cluster, polls, cluster[other]);
            polls.NeverTwo();
        });

    [Fact]
    public void A_paused_process_is_killed_when_its_lease_ends_before_the_worker_runs_elsewhere() => Run(
        seeds: 5,
        async (cluster, polls) =>
        {
            var node = cluster.PrimaryOf(Name);
            node.Pause();
            await cluster.UntilAsync(_ => !node.IsRunning || cluster.FindPrimary(Name) is not null, "it is decided");
            node.IsRunning.ShouldBeFalse();
            await cluster.UntilAsync(_ => cluster.FindPrimary(Name) is not null, "another node runs it");
            await PollsOnAsync(cluster, polls, cluster.PrimaryOf(Name));
            polls.NeverTwo();
        });

    [Fact]
    public void A_node_that_is_cut_off_stops_its_worker_in_time_and_lives_on() => Run(
        seeds: 5,
        async (cluster, polls) =>
        {
            var node = cluster.PrimaryOf(Name);
            cluster.CutOff(node.Node);
            await PollsOnAsync(cluster, polls, await cluster.FailoverAsync(Name));
            node.IsRunning.ShouldBeTrue();
            polls.NeverTwo();
        });

    [Fact]
    public void A_worker_that_ignores_its_token_ends_its_process() => Run(
        seeds: 5,
        async (cluster, polls) =>
        {
            var node = cluster.PrimaryOf(Name);
            cluster.CutOff(node.Node);
            await cluster.UntilAsync(_ => !node.IsRunning, "the process has ended", TimeSpan.FromSeconds(1));
            cluster.WhatHappened.ShouldContain(line => line.Contains("was told to stop and has not stopped"));
            await cluster.UntilAsync(_ => cluster.FindPrimary(Name) is not null, "another node runs it");
        },
        () => new Polls { FirstDoes = () => new TaskCompletionSource().Task });

    [Fact]
    public void A_worker_that_has_returned_does_not_keep_the_cluster_out_of_shape() => Run(
        seeds: 1,
        async (cluster, polls) =>
        {
            await cluster.UntilAsync(_ => polls.Begun == 1 && cluster.FindPrimary(Name) is null, "it has returned");
            await cluster.UntilInShapeAsync();
            cluster[cluster["n1"].Status.Services.Single().Primary!].Kill();
            await cluster.UntilAsync(_ => polls.Begun == 2, "another node has begun it");
        },
        () => new Polls { ReturnsAtOnce = true });

    private static void Run(
        int seeds,
        Func<UnderstudyTestCluster, Polls, Task> test,
        Func<Polls>? make = null)
    {
        var polls = new Polls();
        var options = new UnderstudyTestOptions
        {
            Seeds = seeds,
            ConfigureServices = (_, services) => services.AddSingleton(polls),
        };
        UnderstudyTestCluster.Run(
            options,
            understudy =>
            {
                polls = make?.Invoke() ?? new Polls(); // One for each seed.
                understudy.AddPrimaryOnly<Poller>(Name);
            },
            cluster => test(cluster, polls));
    }

    private static Task PollsOnAsync(UnderstudyTestCluster cluster, Polls polls, UnderstudyTestNode node)
    {
        var before = polls.Count;
        return cluster.UntilAsync(_ => polls.Count > before && polls.Last.Node == node.Node, $"{node.Node} polls");
    }
}
