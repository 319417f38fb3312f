using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Testing.Tests;

/// <summary>What a test may do to nodes, and what must come of it.</summary>
public sealed class FaultTests
{
    private const string Name = "reminder";

    [Fact]
    public void A_killed_primary_is_followed_and_its_code_does_not_go_on() => Run(async cluster =>
    {
        var first = await cluster.PrimaryAsync<Reminder>(Name);
        var node = cluster.PrimaryOf(Name);
        (await first.CountAsync()).ShouldBe(1);
        node.Kill();
        cluster.FindPrimary(Name).ShouldBeNull();

        (await cluster.FailoverAsync(Name)).ShouldNotBe(node);
        var second = await cluster.PrimaryAsync<Reminder>(Name);
        second.ShouldNotBe(first);
        (await second.CountAsync()).ShouldBe(2);
        var seconds = first.Seconds;
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(10));
        first.Seconds.ShouldBe(seconds);
        second.Seconds.ShouldBeGreaterThan(seconds + 5);
        await Should.ThrowAsync<NotPrimaryException>(async () => await first.CountAsync());
    });

    [Fact]
    public void A_killed_node_that_is_started_comes_back_with_what_it_had() => Run(async cluster =>
    {
        var reminder = await cluster.PrimaryAsync<Reminder>(Name);
        await reminder.CountAsync();
        var node = cluster.PrimaryOf(Name);
        node.Kill();
        await cluster.FailoverAsync(Name);
        node.Start();
        await cluster.UntilInShapeAsync();

        node.IsRunning.ShouldBeTrue();
        await cluster.SwitchOverAsync(Name, node.Node);
        node.Instance<Reminder>(Name).Requests.ShouldBe(1);
    });

    [Fact]
    public void A_paused_primary_is_followed_and_stands_back_when_it_goes_on() => Run(async cluster =>
    {
        var reminder = await cluster.PrimaryAsync<Reminder>(Name);
        var node = cluster.PrimaryOf(Name);
        node.Pause();
        await cluster.FailoverAsync(Name);
        var seconds = reminder.Seconds;
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(3));
        reminder.Seconds.ShouldBe(seconds);
        reminder.Demoted.IsCancellationRequested.ShouldBeFalse();

        node.Resume();
        await cluster.UntilInShapeAsync();
        reminder.Demoted.IsCancellationRequested.ShouldBeTrue();
        node.IsPrimary(Name).ShouldBeFalse();
    });

    [Fact]
    public void A_primary_that_is_cut_off_stops_and_the_others_go_on() => Run(async cluster =>
    {
        var node = cluster.PrimaryOf(Name);
        var reminder = node.Instance<Reminder>(Name);
        cluster.CutOff(node.Node);
        await cluster.FailoverAsync(Name);
        node.IsPrimary(Name).ShouldBeFalse();
        reminder.Demoted.IsCancellationRequested.ShouldBeTrue();
        (await (await cluster.PrimaryAsync<Reminder>(Name)).CountAsync()).ShouldBe(1);

        cluster.Heal();
        await cluster.UntilInShapeAsync();
        cluster.Nodes.ShouldAllBe(each => each.Instance<Reminder>(Name).Requests == 1);
    });

    [Fact]
    public void A_change_without_a_key_is_unknown_only_if_its_evicted_node_had_sent_it() => Run(async cluster =>
    {
        var asked = cluster.Nodes.First(node => node != cluster.PrimaryOf(Name));
        cluster.CutOff(asked.Node);
        var sent = asked.SendAsync(Name, default).AsTask();
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(3));
        var held = asked.SendAsync(Name, default).AsTask();
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(1));
        cluster.Heal();
        (await sent).Outcome.ShouldBe(Understudy.Protocol.ReplyOutcome.Unknown);
        (await held).Outcome.ShouldBe(Understudy.Protocol.ReplyOutcome.Answered, "its next incarnation sends it");
    });

    [Theory]
    [InlineData(Durability.Disk, 1)]
    [InlineData(Durability.Memory, 0)]
    public void Only_a_disk_remembers_when_all_power_was_lost(Durability durability, long remembered) =>
        UnderstudyTestCluster.Run(
            understudy => understudy.AddService<Reminder>(Name, shape => shape.Durability = durability),
            async cluster =>
            {
                (await (await cluster.PrimaryAsync<Reminder>(Name)).CountAsync()).ShouldBe(1);
                cluster.PowerOff();
                cluster.Nodes.ShouldAllBe(node => !node.IsRunning);
                cluster.Start();
                if (durability == Durability.Disk)
                {
                    (await cluster.PrimaryAsync<Reminder>(Name)).Requests.ShouldBe(remembered);
                    return;
                }

                await cluster.AdvanceAsync(TimeSpan.FromSeconds(10));
                cluster.FindPrimary(Name).ShouldBeNull("it was only in the memory of what is gone");
            });

    [Fact]
    public void A_node_that_stops_in_order_hands_its_primaries_over() => Run(async cluster =>
    {
        var node = cluster.PrimaryOf(Name);
        await node.StopAsync();
        node.IsRunning.ShouldBeFalse();
        (await cluster.PrimaryAsync<Reminder>(Name)).ShouldNotBeNull();
        cluster.PrimaryOf(Name).ShouldNotBe(node);
    });

    [Fact]
    public void Code_that_never_returns_fails_its_provider_and_not_the_node() => Run(async cluster =>
    {
        var reminder = await cluster.PrimaryAsync<Reminder>(Name);
        var hanging = cluster["n1"].SendAsync(Name, "hang"u8.ToArray()).AsTask();
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(60));
        (await hanging).Outcome.ShouldNotBe(Understudy.Protocol.ReplyOutcome.Answered);
        (await cluster.PrimaryAsync<Reminder>(Name)).ShouldNotBe(reminder);
        cluster.Nodes.ShouldAllBe(node => node.IsRunning);
    });

    [Fact]
    public void A_command_is_carried_out_and_a_wrong_one_is_refused_with_its_reason() => Run(async cluster =>
    {
        var node = cluster.PrimaryOf(Name);
        await cluster.CommandAsync(new OperatorCommand.Drain(new NodeId(node.Node)));
        await cluster.FailoverAsync(Name);
        var refused = await Should.ThrowAsync<InvalidOperationException>(
            cluster.CommandAsync(new OperatorCommand.Hold(new ServiceName("none"))));
        refused.Message.ShouldContain("none");
    });

    [Fact]
    public void A_request_with_a_key_takes_effect_once_whichever_node_is_asked_across_failovers() => Run(
        async cluster =>
        {
            foreach (var node in cluster.Nodes)
            {
                var reply = await node.SendAsync(Name, default, idempotencyKey: "one");
                System.Text.Encoding.UTF8.GetString(reply.Body.Span).ShouldBe("1");
            }

            cluster.PrimaryOf(Name).Kill();
            var asked = cluster.Nodes.First(node => node.IsRunning);
            var again = await asked.SendAsync(Name, default, idempotencyKey: "one");
            System.Text.Encoding.UTF8.GetString(again.Body.Span).ShouldBe("1");
        });

    private static void Run(Func<UnderstudyTestCluster, Task> test) => UnderstudyTestCluster.Run(
        new UnderstudyTestOptions { Seeds = 3 }, understudy => understudy.AddService<Reminder>(Name), test);
}
