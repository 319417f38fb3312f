using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests.Protocol;

public sealed class TotalLossTests
{
    private static readonly ServiceName Kv = new("kv");

    [Fact]
    public void A_service_waits_for_a_disk_unless_somebody_says_otherwise()
    {
        var (cluster, lost) = LoseAll(Service);
        cluster["kv"].Configuration.Primary.ShouldBeNull();
        cluster["kv"].Configuration.InSync.Select(p => p.Member.Node).ShouldBe(lost);
        var before = cluster["kv"].Configuration;

        Return(cluster, lost[0]);

        cluster["kv"].Configuration.Lineage.ShouldBe(before.Lineage);
        cluster.Roles("kv").Primary.ShouldBe(lost[0].Value);
    }

    [Fact]
    public void One_that_may_start_empty_does_so_in_the_next_lineage()
    {
        var (cluster, lost) = LoseAll(Service with { TotalLoss = TotalLossPolicy.StartEmpty });

        var next = cluster["kv"].Configuration;
        next.Lineage.ShouldBe(new Lineage(2));
        next.Origin.ShouldBeNull();
        next.InSync.ShouldHaveSingleItem().Member.ShouldBe(next.Primary!.Value);
        lost.ShouldNotContain(next.Primary.Value.Node);
        cluster.Settle();
        Return(cluster, lost[0]);
        cluster["kv"].Configuration.Lineage.ShouldBe(new Lineage(2), "its disk is of an earlier lineage");
    }

    [Fact]
    public void No_lineage_begins_before_the_leases_have_run_out()
    {
        var cluster = Cluster(Service with { TotalLoss = TotalLossPolicy.StartEmpty });
        cluster.IsFenced = false;
        cluster.Lose([.. InSync(cluster)]);
        cluster["kv"].Configuration.Primary.ShouldBeNull();

        cluster.IsFenced = true;
        cluster.Reconcile();

        cluster["kv"].Configuration.Lineage.ShouldBe(new Lineage(2));
    }

    [Fact]
    public void One_that_waits_for_its_disks_keeps_no_other_of_its_group_from_its_sponsor()
    {
        var (sponsor, lost) = (Service with { Secondaries = 2 }, new ServiceName("lost"));
        var side = sponsor with { Name = new ServiceName("side") };
        var cluster = Cluster(sponsor, side, Service with { Name = lost, Secondaries = 0 });
        var (home, away) = (cluster.Roles("kv").Primary!, cluster.Roles("side").Primary!);
        away.ShouldNotBe(home);
        cluster.Lose(new NodeId(cluster.Roles("lost").Primary!));
        cluster["lost"].Configuration.Primary.ShouldBeNull();
        cluster.Roles("side").Primary.ShouldBe(away);

        cluster.Give(new OperatorCommand.ChangeService(cluster["lost"].Definition with { With = [Kv] }));
        cluster.Give(new OperatorCommand.ChangeService(side with { With = [Kv] }));
        cluster["side"].IsFrozen.ShouldBeTrue();
        cluster.Settle();

        cluster.Roles("side").Primary.ShouldBe(home);
        cluster["side"].IsFrozen.ShouldBeFalse();
        cluster["lost"].Configuration.Primary.ShouldBeNull();
    }

    [Fact]
    public void An_operator_is_told_what_is_lost_before_a_service_goes_on()
    {
        var (cluster, lost) = LoseAll(Service);

        var answer = cluster.Give(new OperatorCommand.Recover(Kv, null, AcceptsLoss: false));

        answer.Outcome.ShouldBe(CommandOutcome.Refused);
        answer.Text.ShouldBe(
            $"{lost[0]} or {lost[1]} with its disk would bring kv back whole. To begin empty loses every update. "
            + "Say that you accept this.");
        cluster["kv"].Recovery.ShouldBeNull();
    }

    [Fact]
    public void An_operators_word_begins_the_next_lineage_empty()
    {
        var (cluster, _) = LoseAll(Service);

        cluster.Give(new OperatorCommand.Recover(Kv, null, AcceptsLoss: true)).Outcome
            .ShouldBe(CommandOutcome.Accepted);

        cluster["kv"].Configuration.Lineage.ShouldBe(new Lineage(2));
        cluster["kv"].Configuration.Primary.ShouldNotBeNull();
        cluster["kv"].Recovery.ShouldBeNull("it is done");
    }

    [Fact]
    public void An_operator_may_go_on_from_an_old_copy()
    {
        var (cluster, _) = LoseAll(Service);
        var from = cluster.View.Members[^1].Id;

        cluster.Give(new OperatorCommand.Recover(Kv, from.Node, AcceptsLoss: true));

        cluster["kv"].Configuration.Origin.ShouldBe(from.Node);
        cluster["kv"].Configuration.Primary.ShouldBe(from);
        cluster.Settle();
        cluster["kv"].Configuration.Origin.ShouldBe(from.Node, "the lineage has one origin");
        cluster["kv"].Configuration.InSync.Length.ShouldBe(2);
    }

    [Fact]
    public void What_is_not_lost_is_not_recovered()
    {
        var cluster = Cluster(Service);

        cluster.Give(new OperatorCommand.Recover(Kv, null, AcceptsLoss: true)).Text.ShouldStartWith("Nothing is lost");

        var survivor = InSync(cluster)[0];
        cluster.Lose(InSync(cluster)[1]);
        cluster.Give(new OperatorCommand.Recover(Kv, null, AcceptsLoss: true)).Text
            .ShouldBe($"Nothing is lost: {survivor} has every acknowledged update of kv.");
    }

    [Fact]
    public void Nothing_is_recovered_while_a_disk_that_has_everything_is_back_whether_its_program_can_use_it_or_not()
    {
        var cluster = Cluster(Service);
        var lost = InSync(cluster);
        cluster.Lose([.. lost]);
        cluster.AreCopiesGood = false;
        Return(cluster, lost[0]);

        var told = cluster.Give(new OperatorCommand.Recover(Kv, null, AcceptsLoss: true));

        told.Outcome.ShouldBe(CommandOutcome.Refused);
        told.Text.ShouldStartWith($"{lost[0]} is back with the disk that has every acknowledged update of kv");
        cluster["kv"].Recovery.ShouldBeNull();
    }

    [Fact]
    public void A_disk_that_comes_back_in_time_is_better_than_the_operators_word()
    {
        var cluster = Cluster(Service);
        cluster.IsFenced = false;
        var lost = InSync(cluster);
        cluster.Lose([.. lost]);
        cluster.Give(new OperatorCommand.Recover(Kv, null, AcceptsLoss: true));
        cluster["kv"].Recovery.ShouldNotBeNull("the leases have not run out");

        Return(cluster, lost[0]);
        cluster.IsFenced = true;
        cluster.Reconcile();

        cluster["kv"].Recovery.ShouldBeNull();
        cluster["kv"].Configuration.Lineage.ShouldBe(new Lineage(1));
    }

    [Fact]
    public void A_group_goes_on_together_though_one_of_it_begins_anew()
    {
        var side = new ServiceDefinition(new ServiceName("side"), "kv", 0, 0, Durable: true)
        {
            With = [Kv],
            TotalLoss = TotalLossPolicy.StartEmpty,
        };
        var cluster = Cluster(Service, side);
        cluster.Lose(new NodeId(cluster.Roles("side").Primary!));
        cluster.Settle();

        cluster["side"].Configuration.Lineage.ShouldBe(new Lineage(2));
        cluster["kv"].Configuration.Lineage.ShouldBe(new Lineage(1));
        cluster.Roles("side").Primary.ShouldBe(cluster.Roles("kv").Primary);
    }

    [Fact]
    public void The_RM_waits_until_the_leases_of_the_evicted_have_run_out_and_the_next_RM_waits_anew()
    {
        var (registry, manager) = Manager();
        var view = Cast.View(1, 4);
        var limit = Profile.Lan.Silence * 2;

        manager.Reconcile(view, TimeSpan.Zero);
        registry.Lost.ShouldBe([Kv]);
        manager.Tick(view, TimeSpan.Zero);
        manager.Tick(view, limit - Profile.Lan.Tick);
        registry.Find(Kv)!.Configuration.Lineage.ShouldBe(new Lineage(1));

        manager.Activate(Cast.Version(1), limit);
        manager.Tick(view, limit);
        manager.Tick(view, limit + limit - Profile.Lan.Tick);
        registry.Find(Kv)!.Configuration.Lineage.ShouldBe(new Lineage(1), "it does not know since when");

        manager.Tick(view, limit + limit);
        registry.Find(Kv)!.Configuration.Lineage.ShouldBe(new Lineage(2));
        registry.Lost.ShouldBeEmpty();
    }

    /// <summary>An RM on n1 for a service that n2 and n3 provide and that may start empty.</summary>
    private static (Registry Registry, ReplicaManager Manager) Manager()
    {
        var definition = Service with { TotalLoss = TotalLossPolicy.StartEmpty };
        var registry = new Registry();
        var replica = new Replica(
            Registry.Name, Cast.Id(1), false, new OnceOnlyState(registry), null, Profile.Lan, Mutation.None);
        replica.Begin(TimeSpan.Zero, []);
        replica.Lead(Cast.Version(1), Cast.Providers(1));
        registry.Change(PlannedService.Change([new ServiceEntry(definition, new Configuration(
            Kv, Cast.Version(5), new Lineage(1), Cast.Id(2), Cast.Providers(2, 3), new Epoch(4)))]), 0);
        var manager = new ReplicaManager([definition], registry, replica, Profile.Lan, Mutation.None);
        manager.Activate(Cast.Version(1), TimeSpan.Zero);
        return (registry, manager);
    }

    private static ServiceDefinition Service => new(Kv, "kv", 1, 0, Durable: true);

    private static PlannedCluster Cluster(params ServiceDefinition[] services)
    {
        var cluster = new PlannedCluster(PlannedCluster.Nodes(1, 2, 3, 4));
        cluster.Define(services);
        return cluster;
    }

    private static NodeId[] InSync(PlannedCluster cluster) =>
        [.. cluster["kv"].Configuration.InSync.Select(p => p.Member.Node)];

    private static (PlannedCluster Cluster, NodeId[] Lost) LoseAll(ServiceDefinition service)
    {
        var cluster = Cluster(service);
        var lost = InSync(cluster);
        cluster.Lose(lost);
        return (cluster, lost);
    }

    private static void Return(PlannedCluster cluster, NodeId node) => cluster.Return(node, node.Value[0] - '0');
}
