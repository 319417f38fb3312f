using Understudy.Contracts;

namespace Understudy.Testing.Tests;

/// <summary>A service that answers before it commits; its interval is longer than what these tests do.</summary>
public sealed class PeriodicTests
{
    private const string Name = "reminder";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    [Fact]
    public void A_killed_primary_loses_what_it_acknowledged_since_the_last_batch_and_the_next_one_says_so() => Run(
        async cluster =>
        {
            var first = await cluster.PrimaryAsync<Reminder>(Name);
            (await first.CountAsync()).ShouldBe(1);
            await cluster.AdvanceAsync(Interval);
            (await first.CountAsync()).ShouldBe(2);
            Status(cluster.PrimaryOf(Name)).UncommittedSeconds.ShouldNotBeNull();
            cluster.PrimaryOf(Name).Kill();

            var next = await cluster.FailoverAsync(Name);
            var second = await cluster.PrimaryAsync<Reminder>(Name);
            second.Requests.ShouldBe(1);
            next.History(Name)!.Changes[^1].What.ShouldContain("latest updates, which it sent every 10s, may be lost");
            string.Join('\n', cluster.WhatHappened).ShouldContain("reminder goes on from checkpoint");
        });

    [Fact]
    public void A_change_that_a_read_confirms_is_not_lost() => Run(async cluster =>
    {
        var first = await cluster.PrimaryAsync<Reminder>(Name);
        await first.CountAsync();
        (await first.ConfirmedAsync()).ShouldBe(1);
        cluster.PrimaryOf(Name).Kill();
        await cluster.FailoverAsync(Name);
        (await cluster.PrimaryAsync<Reminder>(Name)).Requests.ShouldBe(1);
    });

    [Fact]
    public void A_switchover_and_a_stop_lose_nothing() => Run(async cluster =>
    {
        var first = cluster.PrimaryOf(Name);
        await first.Instance<Reminder>(Name).CountAsync();
        var other = cluster.Nodes.First(node => node != first);
        await cluster.SwitchOverAsync(Name, other.Node);
        (await (await cluster.PrimaryAsync<Reminder>(Name)).CountAsync()).ShouldBe(2);

        await other.StopAsync();
        await cluster.UntilAsync(_ => cluster.FindPrimary(Name) is not null, "another primary");
        (await (await cluster.PrimaryAsync<Reminder>(Name)).CountAsync()).ShouldBe(3);
    });

    [Fact]
    public void A_lone_node_that_is_stopped_has_everything_on_its_disk() => UnderstudyTestCluster.Run(
        new UnderstudyTestOptions { Nodes = 1 },
        understudy => understudy.AddService<Reminder>(Name, shape =>
        {
            (shape.Secondaries, shape.Spares) = (0, 0);
            (shape.Checkpoints, shape.Interval) = (CheckpointMode.Periodic, Interval);
        }),
        async cluster =>
        {
            await (await cluster.PrimaryAsync<Reminder>(Name)).CountAsync();
            var node = cluster.PrimaryOf(Name);
            await node.StopAsync();
            node.Start();
            (await (await cluster.PrimaryAsync<Reminder>(Name)).CountAsync()).ShouldBe(2);
        });

    private static ServiceStatus Status(UnderstudyTestNode node) =>
        node.Status.Services.Single(service => service.Name == Name);

    private static void Run(Func<UnderstudyTestCluster, Task> test) => UnderstudyTestCluster.Run(
        new UnderstudyTestOptions { Seeds = 3 },
        understudy => understudy.AddService<Reminder>(
            Name, shape => (shape.Checkpoints, shape.Interval) = (CheckpointMode.Periodic, Interval)),
        test);
}
