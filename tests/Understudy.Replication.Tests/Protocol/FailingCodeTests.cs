using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Replication.Tests.Protocol;

public sealed class FailingCodeTests
{
    private static readonly ServiceName Kv = new("kv");

    [Fact]
    public void Within_its_budget_a_service_stays_where_it_is()
    {
        var cluster = Cluster(nodes: 3, Service("kv", 1) with { Restarts = 2 });
        var primary = cluster.Roles("kv").Primary!;

        cluster.Fail("kv", primary);
        cluster.Fail("kv", primary);
        cluster.Roles("kv").Primary.ShouldBe(primary);

        cluster.Fail("kv", primary);
        cluster.Roles("kv").Primary.ShouldNotBe(primary);
    }

    [Fact]
    public void With_no_restart_allowed_the_first_failure_moves_it()
    {
        var cluster = Cluster(nodes: 3, Service("kv", 1) with { Restarts = 0 });
        var (primary, secondary) = cluster.Roles("kv");

        cluster.Fail("kv", primary!);

        cluster.Roles("kv").Primary.ShouldBe(secondary);
    }

    [Fact]
    public void A_spare_takes_the_place_of_a_provider_that_fails_too_often()
    {
        var cluster = Cluster(nodes: 3, Service("kv", 1));
        var (primary, _) = cluster.Roles("kv");

        FailTwice(cluster, primary!);
        cluster.Settle();

        cluster["kv"].IsInSyncOn(new NodeId(primary!)).ShouldBeFalse();
        cluster["kv"].Configuration.InSync.Length.ShouldBe(2);
    }

    [Fact]
    public void Without_a_spare_a_failing_provider_stays_in_sync_so_that_nothing_is_lost()
    {
        var cluster = Cluster(nodes: 2, Service("kv", 1));
        var (primary, secondary) = cluster.Roles("kv");

        FailTwice(cluster, primary!);
        cluster.Settle();

        cluster.Roles("kv").ShouldBe((secondary, primary!));
    }

    [Fact]
    public void A_primary_that_fails_alone_brings_up_another_provider_and_then_moves()
    {
        var cluster = Cluster(nodes: 2, Service("kv", 0));
        var primary = cluster.Roles("kv").Primary!;

        FailTwice(cluster, primary);
        cluster.Roles("kv").Primary.ShouldBe(primary, "nobody else has the state");
        cluster["kv"].IsStopped.ShouldBeFalse("another node may host it");
        cluster.Settle();

        cluster.Roles("kv").Primary.ShouldNotBe(primary);
    }

    [Fact]
    public void A_service_that_failed_on_every_node_stops_and_keeps_its_providers()
    {
        var cluster = Cluster(nodes: 3, Service("kv", 2));

        FailEverywhere(cluster);

        cluster["kv"].IsStopped.ShouldBeTrue();
        cluster["kv"].LastError.ShouldBe("it threw");
        cluster["kv"].Configuration.InSync.Length.ShouldBe(3);
        cluster.Decisions.ShouldBeLessThan(20, "it is not moved round and round");
    }

    [Fact]
    public void An_operator_resumes_a_stopped_service()
    {
        var cluster = Cluster(nodes: 3, Service("kv", 2));
        FailEverywhere(cluster);

        cluster.Give(new OperatorCommand.Resume(Kv)).Outcome.ShouldBe(CommandOutcome.Done);

        cluster["kv"].IsStopped.ShouldBeFalse();
        cluster["kv"].LastError.ShouldBeEmpty();
        cluster["kv"].Failures.ShouldAllBe(f => f.Count == 0);
    }

    [Fact]
    public void A_stopped_service_goes_on_when_its_oldest_failures_expire()
    {
        var cluster = Cluster(nodes: 2, Service("kv", 1));
        var (first, second) = cluster.Roles("kv");
        FailTwice(cluster, first!);
        cluster.Elapsed += TimeSpan.FromMinutes(6);
        FailTwice(cluster, second);
        cluster["kv"].IsStopped.ShouldBeTrue();

        cluster.Elapsed += TimeSpan.FromMinutes(5);
        cluster.Expire("kv");

        cluster["kv"].IsStopped.ShouldBeFalse();
        cluster.Roles("kv").Primary.ShouldBe(first);
    }

    [Fact]
    public void A_node_that_comes_back_gives_a_stopped_service_another_chance()
    {
        var cluster = Cluster(nodes: 3, Service("kv", 1));
        var third = cluster.View.Members.Select(m => m.Id.Node).Single(n => !cluster["kv"].IsInSyncOn(n));
        var disk = int.Parse(third.Value, System.Globalization.CultureInfo.InvariantCulture);
        cluster.Lose(third);
        FailEverywhere(cluster);
        cluster["kv"].IsStopped.ShouldBeTrue();

        cluster.Return(third, disk);
        cluster.Settle();

        cluster["kv"].IsStopped.ShouldBeFalse();
        cluster.Roles("kv").Primary.ShouldBe(third.Value);
    }

    [Fact]
    public void A_group_moves_with_the_one_of_it_that_fails_and_its_dependents_wait_while_it_is_stopped()
    {
        var cluster = Cluster(nodes: 2, Service("kv", 1), Service("side", 1) with { With = [Kv] });
        var (primary, secondary) = cluster.Roles("kv");

        FailTwice(cluster, primary!);
        cluster.Roles("side").Primary.ShouldBe(secondary);

        FailTwice(cluster, secondary);
        cluster["kv"].IsStopped.ShouldBeTrue();
        cluster["side"].IsFrozen.ShouldBeTrue();
    }

    /// <summary>Seed 5473 of the simulator: the whole group went to where the code had failed.</summary>
    [Fact]
    public void What_fails_on_its_way_to_its_sponsor_goes_there_at_once_and_the_sponsor_stays()
    {
        var cluster = Cluster(nodes: 3, Service("kv", 2), Service("side", 2) with { Restarts = 0 });
        var (home, away) = (cluster.Roles("kv").Primary!, cluster.Roles("side").Primary!);
        away.ShouldNotBe(home);
        cluster.Give(new OperatorCommand.ChangeService(cluster["side"].Definition with { With = [Kv] }));
        cluster["side"].IsFrozen.ShouldBeTrue();

        cluster.Fail("side", away);

        cluster.Roles("kv").Primary.ShouldBe(home);
        cluster.Roles("side").Primary.ShouldBe(home);
    }

    [Fact]
    public void A_held_service_is_not_moved_by_its_failures()
    {
        var cluster = Cluster(nodes: 2, Service("kv", 1));
        var primary = cluster.Roles("kv").Primary!;
        cluster.Give(new OperatorCommand.Hold(Kv));

        FailTwice(cluster, primary);

        cluster.Roles("kv").Primary.ShouldBe(primary);
    }

    [Fact]
    public void No_switchover_goes_to_a_node_where_the_code_failed_too_often()
    {
        var cluster = Cluster(nodes: 2, Service("kv", 1));
        var primary = cluster.Roles("kv").Primary!;
        FailTwice(cluster, primary);

        var answer = cluster.Give(new OperatorCommand.Switchover(Kv, new NodeId(primary)));

        answer.Outcome.ShouldBe(CommandOutcome.Refused);
        answer.Text.ShouldContain("failed");
    }

    private static void FailEverywhere(PlannedCluster cluster)
    {
        foreach (var member in cluster.View.Members) FailTwice(cluster, member.Id.Node.Value);
        cluster.Settle();
    }

    private static void FailTwice(PlannedCluster cluster, string node)
    {
        cluster.Fail("kv", node);
        cluster.Fail("kv", node);
    }

    private static PlannedCluster Cluster(int nodes, params ServiceDefinition[] services)
    {
        var cluster = new PlannedCluster(PlannedCluster.Nodes([.. Enumerable.Range(1, nodes)]));
        cluster.Define(services);
        return cluster;
    }

    private static ServiceDefinition Service(string name, int secondaries) =>
        new(new ServiceName(name), "kv", secondaries, 0, Durable: true);
}
