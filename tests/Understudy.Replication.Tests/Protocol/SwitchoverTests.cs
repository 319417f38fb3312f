using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Replication.Tests.Protocol;

public sealed class SwitchoverTests
{
    private static readonly ServiceName Kv = new("kv");

    [Fact]
    public void The_primary_is_frozen_first_and_becomes_secondary_when_nothing_is_in_flight()
    {
        var cluster = Cluster(Service("kv", 2));
        var version = cluster["kv"].Configuration.Version;
        var primary = cluster.Roles("kv").Primary;

        cluster.Give(new OperatorCommand.Switchover(Kv, null)).Outcome.ShouldBe(CommandOutcome.Accepted);

        cluster["kv"].IsFrozen.ShouldBeTrue();
        cluster["kv"].Configuration.Version.ShouldBe(version, "until it is promoted nothing changes hands");
        cluster.Roles("kv").Primary.ShouldBe(primary);

        cluster.DrainAll();

        cluster["kv"].IsFrozen.ShouldBeFalse();
        cluster["kv"].Operation.ShouldBeNull();
        cluster["kv"].Configuration.Version.ShouldBe(version.Next);
        cluster["kv"].Configuration.InSync.Length.ShouldBe(3);
        cluster.Roles("kv").Primary.ShouldNotBe(primary);
    }

    [Fact]
    public void A_spare_is_brought_up_to_secondary_first()
    {
        var cluster = Cluster(Service("kv", 1));
        var spare = PlannedCluster.Nodes(1, 2, 3, 4).First(n => !cluster["kv"].IsInSyncOn(n));

        cluster.Give(new OperatorCommand.Switchover(Kv, spare)).Text.ShouldContain("brought up to secondary first");

        cluster["kv"].Operation!.Stage.ShouldBe(OperationStage.BringUp);
        cluster["kv"].IsFrozen.ShouldBeFalse();
        cluster.BringUpOne().ShouldBeTrue();
        cluster["kv"].IsFrozen.ShouldBeTrue();
        cluster.Settle();
        cluster.Roles("kv").Primary.ShouldBe(spare.Value);
        cluster["kv"].Configuration.InSync.Length.ShouldBe(2);
    }

    [Fact]
    public void Until_the_new_primary_is_ordered_it_can_be_aborted()
    {
        var cluster = Cluster(Service("kv", 1));
        var before = cluster.Roles("kv");
        cluster.Give(new OperatorCommand.Switchover(Kv, null));

        cluster.Give(new OperatorCommand.Abort(Kv)).Outcome.ShouldBe(CommandOutcome.Done);

        cluster["kv"].IsFrozen.ShouldBeFalse();
        cluster.Roles("kv").ShouldBe(before);
        cluster.DrainAll().ShouldBeFalse();
        cluster.Give(new OperatorCommand.Abort(Kv)).Outcome.ShouldBe(CommandOutcome.Refused);
    }

    [Fact]
    public void If_the_target_is_lost_the_old_primary_resumes()
    {
        var cluster = Cluster(Service("kv", 1));
        var (primary, secondary) = cluster.Roles("kv");
        cluster.Give(new OperatorCommand.Switchover(Kv, null));

        cluster.Lose(new NodeId(secondary));

        cluster["kv"].IsFrozen.ShouldBeFalse();
        cluster["kv"].Operation.ShouldBeNull();
        cluster.Roles("kv").Primary.ShouldBe(primary);
    }

    [Fact]
    public void If_the_primary_is_lost_meanwhile_the_target_takes_over_at_once()
    {
        var cluster = Cluster(Service("kv", 2));
        var primary = cluster.Roles("kv").Primary!;
        var target = new NodeId(cluster.Roles("kv").Secondaries.Split(' ')[0]);
        cluster.Give(new OperatorCommand.Switchover(Kv, target));

        cluster.Lose(new NodeId(primary));

        cluster.Roles("kv").Primary.ShouldBe(target.Value);
        cluster["kv"].IsFrozen.ShouldBeFalse();
    }

    [Fact]
    public void What_takes_too_long_is_given_up()
    {
        var cluster = Cluster(Service("kv", 1));
        var before = cluster.Roles("kv");
        cluster.Give(new OperatorCommand.Switchover(Kv, null));

        cluster.Elapsed += Profile.Lan.Silence * 2 + TimeSpan.FromTicks(1);
        cluster.Reconcile();

        cluster["kv"].IsFrozen.ShouldBeFalse();
        cluster.Roles("kv").ShouldBe(before);
    }

    [Theory]
    [InlineData("9", "9 is no member of the cluster now.")]
    [InlineData("1", "1 is drained. Undrain it first.")]
    [InlineData("2", "kv may not be on 2: its rules or an operator exclude it.")]
    public void A_target_that_may_not_be_primary_is_refused(string node, string why)
    {
        var cluster = Cluster(Service("kv", 1) with { Never = [.. PlannedCluster.Nodes(2)] });
        cluster.Give(new OperatorCommand.Drain(new NodeId("1")));
        cluster.Settle();

        var answer = cluster.Give(new OperatorCommand.Switchover(Kv, new NodeId(node)));

        answer.ShouldBe(CommandAnswer.Refused(why));
    }

    [Fact]
    public void A_node_that_leaves_hands_its_primaries_over_the_same_way()
    {
        var cluster = Cluster(Service("kv", 1));
        var (primary, secondary) = cluster.Roles("kv");

        cluster.Leave(new NodeId(primary!));
        cluster["kv"].IsFrozen.ShouldBeTrue();
        cluster.DrainAll();

        cluster.Roles("kv").Primary.ShouldBe(secondary);
    }

    [Fact]
    public void A_failover_of_a_service_that_is_not_with_its_sponsor_yet_takes_it_there()
    {
        var cluster = Cluster(Service("kv", 3), Service("side", 3));
        var home = cluster.Roles("kv").Primary;
        cluster.Roles("side").Primary.ShouldNotBe(home);
        cluster.Give(new OperatorCommand.ChangeService(cluster["side"].Definition with { With = [Kv] }));

        cluster.Give(new OperatorCommand.Failover(new ServiceName("side"), AcceptsLoss: true));

        cluster.Roles("kv").Primary.ShouldBe(home);
        cluster.Roles("side").Primary.ShouldBe(home);
    }

    [Fact]
    public void A_group_moves_as_one_and_none_serves_until_all_are_drained()
    {
        var cluster = Cluster(
            Service("base", 2),
            Service("side", 1) with { With = [new ServiceName("base")] },
            Service("third", 1) with { With = [new ServiceName("side")] });
        var from = cluster.Roles("base").Primary;

        cluster.Give(new OperatorCommand.Switchover(new ServiceName("third"), null));

        cluster.Registry.Services.ShouldAllBe(e => e.IsFrozen);
        cluster.Settle();
        cluster.Registry.Services.ShouldAllBe(e => !e.IsFrozen && e.Operation == null);
        cluster.Registry.Services.Select(e => e.Configuration.Primary!.Value.Node.Value).Distinct().Single()
            .ShouldNotBe(from);
    }

    private static PlannedCluster Cluster(params ServiceDefinition[] services)
    {
        var cluster = new PlannedCluster(PlannedCluster.Nodes(1, 2, 3, 4));
        cluster.Define(services);
        return cluster;
    }

    private static ServiceDefinition Service(string name, int secondaries) =>
        new(new ServiceName(name), "kv", secondaries, 0, Durable: true);
}
