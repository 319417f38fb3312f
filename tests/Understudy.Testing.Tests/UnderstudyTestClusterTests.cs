using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Understudy.Protocol;

namespace Understudy.Testing.Tests;

/// <summary>Seeds, time, limits, and what a failure says.</summary>
public sealed class UnderstudyTestClusterTests
{
    private const string Name = "reminder";

    [Fact]
    public void The_same_seed_does_the_same_again()
    {
        var one = Play(seed: 7);
        Play(seed: 7).ShouldBe(one);
        Play(seed: 8).ShouldNotBe(one);
    }

    [Fact]
    public void Each_seed_is_run_once_and_the_first_that_fails_ends_it()
    {
        List<ulong> seeds = [];
        var options = new UnderstudyTestOptions { Seed = 5, Seeds = 10 };
        var failure = Should.Throw<UnderstudyTestException>(() => UnderstudyTestCluster.Run(options, Add, cluster =>
        {
            seeds.Add(cluster.Seed);
            cluster.Seed.ShouldBeLessThan(8UL);
            return Task.CompletedTask;
        }));

        seeds.ShouldBe([5, 6, 7, 8]);
        failure.Seed.ShouldBe(8UL);
    }

    [Fact]
    public void A_failure_says_what_was_thrown_the_seed_how_nodes_stand_and_what_happened()
    {
        var failure = Should.Throw<UnderstudyTestException>(() => UnderstudyTestCluster.Run(Add, cluster =>
        {
            cluster["n2"].Kill();
            throw new InvalidOperationException("the shelf is empty");
        }));

        failure.InnerException.ShouldBeOfType<InvalidOperationException>();
        failure.Message.ShouldStartWith("InvalidOperationException: the shelf is empty");
        failure.Message.ShouldContain("Seed 1, 3 nodes, profile lan");
        failure.Message.ShouldContain("UNDERSTUDY_SEED");
        failure.Message.ShouldContain("n1 is a member in view");
        failure.Message.ShouldContain("n2 is not running");
        failure.Message.ShouldContain("n2: is killed");
        failure.Message.ShouldContain("primary of reminder");
    }

    [Fact]
    public void What_is_awaited_in_vain_is_named()
    {
        var failure = Should.Throw<UnderstudyTestException>(() => UnderstudyTestCluster.Run(
            Add, cluster => cluster.UntilAsync(_ => false, "pigs fly", TimeSpan.FromSeconds(2))));
        failure.Message.ShouldStartWith("Not so within 2 s: pigs fly.");
    }

    [Fact]
    public void A_test_that_never_ends_reaches_the_limit_of_the_cluster_s_time()
    {
        var failure = Should.Throw<UnderstudyTestException>(() => UnderstudyTestCluster.Run(
            new UnderstudyTestOptions { TimeLimit = TimeSpan.FromSeconds(5) },
            Add,
            _ => new TaskCompletionSource().Task));
        failure.Message.ShouldContain("5 s");
        failure.Message.ShouldContain("TimeLimit");
    }

    [Fact]
    public void A_test_that_blocks_is_told_not_to()
    {
        using var release = new ManualResetEventSlim();
        var failure = Should.Throw<UnderstudyTestException>(() => UnderstudyTestCluster.Run(
            new UnderstudyTestOptions { RealTimeLimit = TimeSpan.FromSeconds(1) },
            Add,
            _ =>
            {
                release.Wait();
                return Task.CompletedTask;
            }));
        release.Set();
        failure.Message.ShouldContain("use await");
    }

    [Fact]
    public void Time_passes_as_far_as_it_is_told_and_services_timers_with_it() => UnderstudyTestCluster.Run(
        Add,
        async cluster =>
        {
            var reminder = await cluster.PrimaryAsync<Reminder>(Name);
            var (before, at, clock) = (reminder.Seconds, cluster.Now, cluster.Time.GetUtcNow());
            await cluster.AdvanceAsync(TimeSpan.FromMinutes(2));
            (cluster.Now - at).ShouldBe(TimeSpan.FromMinutes(2));
            (cluster.Time.GetUtcNow() - clock).ShouldBe(TimeSpan.FromMinutes(2));
            (reminder.Seconds - before).ShouldBeInRange(119, 121);
        });

    [Fact]
    public void Time_stands_still_while_the_test_is_outside() => UnderstudyTestCluster.Run(
        Add,
        async cluster =>
        {
            var before = cluster.Now;
            var (file, during) = await cluster.OutsideAsync(async () =>
            {
                var path = Path.GetTempFileName();
                await File.WriteAllTextAsync(path, "outside");
                return (path, cluster.Now);
            });
            File.Delete(file);
            during.ShouldBe(before);
            cluster.Now.ShouldBe(before);
        });

    [Fact]
    public void A_service_is_given_what_its_constructor_asks_for() => UnderstudyTestCluster.Run(
        new UnderstudyTestOptions
        {
            Nodes = 5,
            ConfigureServices = (node, services) => services.AddSingleton(new Label($"of {node}")),
        },
        understudy => understudy.AddService<Labelled>("labelled"),
        async cluster =>
        {
            var labelled = await cluster.PrimaryAsync<Labelled>("labelled");
            var node = cluster.PrimaryOf("labelled").Node;
            labelled.Label.Text.ShouldBe($"of {node}");
            labelled.Node.Node.ShouldBe(node);
            cluster.Nodes.Count.ShouldBe(5);
        });

    [Fact]
    public void Services_that_cannot_be_used_are_refused_before_anything_starts()
    {
        Should.Throw<InvalidOperationException>(() => UnderstudyTestCluster.Run(
            understudy => understudy
                .AddService<Reminder>("a", shape => shape.With.Add("b"))
                .AddService<Reminder>("b", shape => shape.After.Add("a"))
                .AddService<Reminder>("c", shape => shape.Apart.Add("nobody")),
            _ => Task.CompletedTask)).Message.ShouldSatisfyAllConditions(
                message => message.ShouldContain("a -> b -> a"),
                message => message.ShouldContain("nobody"));
        Should.Throw<ArgumentOutOfRangeException>(() => UnderstudyTestCluster.Run(
            new UnderstudyTestOptions { Nodes = 0 }, Add, _ => Task.CompletedTask));
    }

    [Fact]
    public void A_node_bounds_what_waits_as_a_real_one_does() => UnderstudyTestCluster.Run(
        understudy => understudy.AddService<Reminder>(
            Name, shape => shape.Hold = new HoldConfiguration { MaxRequests = 2, Time = TimeSpan.FromSeconds(20) }),
        async cluster =>
        {
            foreach (var node in cluster.Nodes.Skip(1)) node.Kill();
            await cluster.AdvanceAsync(TimeSpan.FromSeconds(1));
            var since = cluster.Now;
            var held = Enumerable.Range(0, 2).Select(_ => cluster["n1"].SendAsync(Name, default).AsTask()).ToArray();
            TextOf(await cluster["n1"].SendAsync(Name, default))
                .ShouldContain("max-requests in [service.reminder.hold]");
            cluster["n1"].Status.Requests.ShouldHaveSingleItem().Waiting.ShouldBe(2);
            foreach (var each in held) TextOf(await each).ShouldContain("seconds in [service.reminder.hold]");
            (cluster.Now - since).ShouldBeInRange(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(21));
            var requests = cluster["n1"].Status.Requests.ShouldHaveSingleItem();
            (requests.Waiting, requests.Bytes, requests.Refused).ShouldBe((0, 0, 3));
        });

    private static string TextOf(Reply reply)
    {
        reply.Outcome.ShouldBe(ReplyOutcome.Unavailable);
        return Encoding.UTF8.GetString(reply.Body.Span);
    }

    private static string Play(ulong seed)
    {
        List<string> told = [];
        UnderstudyTestCluster.Run(new UnderstudyTestOptions { Seed = seed }, Add, async cluster =>
        {
            for (var round = 0; round < 3; round++)
            {
                var node = cluster.PrimaryOf(Name);
                await node.Instance<Reminder>(Name).CountAsync();
                node.Kill();
                told.Add($"{cluster.Now} {await cluster.FailoverAsync(Name)}");
                node.Start();
                await cluster.UntilInShapeAsync();
                var reply = await cluster["n1"].SendAsync(Name, default);
                told.Add($"{cluster.Now} {reply.Node} {reply.Version}");
            }

            told.AddRange(cluster.WhatHappened);
        });
        return string.Join('\n', told);
    }

    private static void Add(UnderstudyBuilder understudy) => understudy.AddService<Reminder>(Name);

    public sealed record Label(string Text);

    public sealed class Labelled(Label label, IUnderstudyNode node) : ReplicatedStateService(new ReplicatedState())
    {
        public Label Label => label;

        public IUnderstudyNode Node => node;
    }
}
