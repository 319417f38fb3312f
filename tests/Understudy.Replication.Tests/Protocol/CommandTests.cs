using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Replication.Tests.Protocol;

public sealed class CommandTests
{
    private static readonly ServiceName Kv = new("kv");

    [Fact]
    public void A_service_is_added_and_started_while_the_cluster_runs()
    {
        var cluster = new PlannedCluster(PlannedCluster.Nodes(1, 2, 3));

        cluster.Give(new OperatorCommand.AddService(Service("kv", 1))).Outcome.ShouldBe(CommandOutcome.Accepted);
        cluster.Settle();

        cluster["kv"].Configuration.InSync.Length.ShouldBe(2);
        Refused(cluster, new OperatorCommand.AddService(Service("kv", 1))).ShouldContain("kv exists already");
    }

    [Fact]
    public void Services_can_be_added_up_to_ten_thousand()
    {
        var cluster = Cluster([.. Enumerable.Range(1, 9_999).Select(number => Service($"s{number}", 0))]);

        cluster.Give(new OperatorCommand.AddService(Service("last", 0))).Outcome.ShouldBe(CommandOutcome.Accepted);
        Refused(cluster, new OperatorCommand.AddService(Service("more", 0)))
            .ShouldBe("There are 10000 services already. A cluster may have 10000.");
    }

    [Fact]
    public void An_audit_is_asked_for_once_and_only_where_there_is_something_to_compare()
    {
        var cluster = Cluster(Service("kv", 1), Service("alone", 0));
        cluster.Give(new OperatorCommand.Audit(Kv)).Outcome.ShouldBe(CommandOutcome.Accepted);
        cluster.Give(new OperatorCommand.Audit(Kv)).Outcome.ShouldBe(CommandOutcome.Accepted);
        cluster["kv"].Audits.ShouldBe(new Audits(1, 0, TimeSpan.Zero));
        Refused(cluster, new OperatorCommand.Audit(new ServiceName("alone"))).ShouldContain("one in-sync provider");
        Refused(cluster, new OperatorCommand.Audit(new ServiceName("x"))).ShouldBe("There is no service x.");
    }

    [Fact]
    public void A_cycle_is_refused_with_its_path()
    {
        var cluster = Cluster(Service("a", 1), Service("b", 1) with { After = [new ServiceName("a")] });

        Refused(cluster, new OperatorCommand.ChangeService(Service("a", 1) with { With = [new ServiceName("b")] }))
            .ShouldBe("The services would wait for each other: a -> b -> a.");
    }

    [Fact]
    public void A_service_that_does_not_exist_is_named()
    {
        var cluster = Cluster(Service("a", 1));

        Refused(cluster, new OperatorCommand.AddService(Service("b", 1) with { With = [new ServiceName("c")] }))
            .ShouldContain("b names the service c, which does not exist");
        Refused(cluster, new OperatorCommand.Switchover(new ServiceName("x"), null)).ShouldBe("There is no service x.");
    }

    [Fact]
    public void Services_of_one_group_cannot_be_apart()
    {
        var cluster = Cluster(Service("a", 1));
        var both = Service("b", 1) with { With = [new ServiceName("a")], Apart = [new ServiceName("a")] };

        Refused(cluster, new OperatorCommand.AddService(both)).ShouldContain("apart");
    }

    [Fact]
    public void A_service_that_others_depend_on_is_not_removed()
    {
        var cluster = Cluster(Service("a", 1), Service("b", 1) with { With = [new ServiceName("a")] });

        Refused(cluster, new OperatorCommand.RemoveService(new ServiceName("a"))).ShouldContain("b depends on a");
        cluster.Give(new OperatorCommand.RemoveService(new ServiceName("b"))).Outcome.ShouldBe(CommandOutcome.Done);
        cluster.Give(new OperatorCommand.RemoveService(new ServiceName("a"))).Outcome.ShouldBe(CommandOutcome.Done);
        cluster.Registry.Services.ShouldBeEmpty();
    }

    [Fact]
    public void The_name_of_a_removed_service_is_not_used_again()
    {
        var cluster = Cluster(Service("kv", 1));
        cluster.Give(new OperatorCommand.RemoveService(Kv));

        Refused(cluster, new OperatorCommand.AddService(Service("kv", 1))).ShouldContain("may still have its state");
    }

    [Fact]
    public void Removing_the_primarys_provider_switches_over_first()
    {
        var cluster = Cluster(Service("kv", 1));
        var (primary, secondary) = cluster.Roles("kv");

        cluster.Give(new OperatorCommand.RemoveProvider(Kv, new NodeId(primary!))).ShouldBe(CommandAnswer.Accepted(
            $"kv is switched over to another node, then its provider on {primary} is removed."));

        cluster["kv"].Operation!.Target.Value.ShouldBe(secondary);
        cluster.Settle();
        cluster.Roles("kv").Primary.ShouldBe(secondary);
        cluster["kv"].IsInSyncOn(new NodeId(primary!)).ShouldBeFalse();
        cluster["kv"].Configuration.InSync.Length.ShouldBe(2);
    }

    [Fact]
    public void Removing_the_last_provider_that_is_in_sync_is_refused()
    {
        var cluster = Cluster(Service("kv", 0));

        Refused(cluster, new OperatorCommand.RemoveProvider(Kv, new NodeId(cluster.Roles("kv").Primary!)))
            .ShouldContain("removing it would lose the state");
    }

    [Fact]
    public void A_removed_provider_comes_back_when_it_is_added()
    {
        var cluster = Cluster(Service("kv", 2));
        var secondary = new NodeId(cluster.Roles("kv").Secondaries.Split(' ')[0]);
        cluster.Give(new OperatorCommand.RemoveProvider(Kv, secondary));
        cluster.Settle();
        cluster["kv"].IsInSyncOn(secondary).ShouldBeFalse();

        cluster.Give(new OperatorCommand.AddProvider(Kv, secondary));
        cluster.Settle();

        cluster["kv"].IsInSyncOn(secondary).ShouldBeTrue();
    }

    [Fact]
    public void A_failover_says_what_may_be_lost_before_it_is_done()
    {
        var cluster = Cluster(Service("kv", 1));
        var before = cluster.Roles("kv");

        Refused(cluster, new OperatorCommand.Failover(Kv, AcceptsLoss: false)).ShouldContain("what is in flight");
        cluster.Roles("kv").ShouldBe(before);

        cluster.Give(new OperatorCommand.Failover(Kv, AcceptsLoss: true)).Outcome.ShouldBe(CommandOutcome.Accepted);
        cluster.Roles("kv").ShouldBe((before.Secondaries, before.Primary!));
    }

    [Fact]
    public void A_drained_node_is_emptied_and_gets_nothing_new()
    {
        var cluster = Cluster(Service("a", 1), Service("b", 1), Service("c", 1));
        var node = new NodeId("3");

        cluster.Give(new OperatorCommand.Drain(node)).Outcome.ShouldBe(CommandOutcome.Accepted);
        cluster.Settle();
        cluster.Define(Service("d", 1));

        cluster.Registry.Services.ShouldAllBe(e => !e.IsInSyncOn(node) && e.Configuration.InSync.Length == 2);
        var decisions = cluster.Decisions;
        cluster.Give(new OperatorCommand.Undrain(node));
        cluster.Settle();
        cluster.Decisions.ShouldBe(decisions + 1, "nothing moves that need not move");
    }

    [Fact]
    public void While_the_cluster_is_held_nothing_is_moved_but_a_failover_is_done()
    {
        var cluster = Cluster(Service("kv", 1));
        var (primary, secondary) = cluster.Roles("kv");
        cluster.Give(new OperatorCommand.Hold(null));

        cluster.Give(new OperatorCommand.Drain(new NodeId(primary!)));
        cluster.Settle();
        cluster.Roles("kv").Primary.ShouldBe(primary);

        cluster.Lose(new NodeId(primary!));
        cluster.Settle();
        cluster.Roles("kv").ShouldBe((secondary, ""));

        cluster.Give(new OperatorCommand.Resume(null));
        cluster.Settle();
        cluster["kv"].Configuration.InSync.Length.ShouldBe(2);
    }

    [Fact]
    public void Every_change_is_remembered_with_its_cause()
    {
        var cluster = Cluster(Service("kv", 1));
        var (primary, secondary) = cluster.Roles("kv");

        cluster.Lose(new NodeId(primary!));

        var last = cluster.Registry.History[^1];
        last.Service.ShouldBe(Kv);
        last.Cause.ShouldStartWith("view ");
        last.Version.ShouldBe(cluster["kv"].Configuration.Version);
        last.What.ShouldContain($"primary {primary}#1 -> {secondary}#1");
    }

    [Fact]
    public void A_switchover_is_remembered_with_how_long_its_stages_took()
    {
        var cluster = Cluster(Service("kv", 1));
        cluster.Give(new OperatorCommand.Switchover(Kv, null));
        cluster.Elapsed += TimeSpan.FromMilliseconds(12);
        cluster.Settle();

        cluster.Registry.History[^1].What.ShouldContain("frozen for 12 ms");
        cluster.Registry.History[^1].Cause.ShouldStartWith("an operator asked for");
    }

    private static string Refused(PlannedCluster cluster, OperatorCommand command)
    {
        var before = cluster.Decisions;
        var answer = cluster.Give(command);
        answer.Outcome.ShouldBe(CommandOutcome.Refused);
        cluster.Decisions.ShouldBe(before);
        return answer.Text;
    }

    private static PlannedCluster Cluster(params ServiceDefinition[] services)
    {
        var cluster = new PlannedCluster(PlannedCluster.Nodes(1, 2, 3));
        cluster.Define(services);
        return cluster;
    }

    private static ServiceDefinition Service(string name, int secondaries) =>
        new(new ServiceName(name), "kv", secondaries, 0, Durable: true);
}
