using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests.Protocol;

public sealed class OfferedKindsTests
{
    private static readonly ServiceName Kv = new("kv");
    private static readonly ServiceDefinition Definition = new(Kv, "kv", 1, 0, Durable: true);

    private readonly PlannedCluster _cluster = new(PlannedCluster.Nodes(1, 2, 3));

    [Fact]
    public void A_service_is_placed_on_nodes_that_have_code_for_it_and_on_no_others()
    {
        foreach (var node in PlannedCluster.Nodes(1, 2)) _cluster.Offer(node, "kv", "votes");
        _cluster.Offer(new NodeId("3"), "votes");

        _cluster.Define(Definition with { Secondaries = 2 });

        _cluster["kv"].Configuration.InSync.Select(p => p.Member.Node.Value).ShouldBe(["1", "2"]);
    }

    [Fact]
    public void A_service_leaves_a_node_whose_new_program_has_no_code_for_it()
    {
        _cluster.Define(Definition);
        var primary = _cluster.Roles("kv").Primary!;

        _cluster.Offer(new NodeId(primary), "votes");
        _cluster.Settle();

        _cluster.Roles("kv").Primary.ShouldNotBe(primary);
        _cluster["kv"].IsInSyncOn(new NodeId(primary)).ShouldBeFalse();
        _cluster["kv"].Configuration.InSync.Length.ShouldBe(2);
    }

    [Fact]
    public void A_copy_on_a_node_without_code_is_kept_while_nobody_else_can_have_one()
    {
        _cluster.Define(Definition);
        foreach (var node in PlannedCluster.Nodes(1, 2, 3)) _cluster.Offer(node, "votes");
        _cluster.Settle();

        _cluster["kv"].Configuration.InSync.Length.ShouldBe(2);
    }

    [Fact]
    public void A_service_that_no_node_can_run_is_refused_with_what_they_can()
    {
        foreach (var node in PlannedCluster.Nodes(1, 2, 3)) _cluster.Offer(node, "votes", "kv");

        _cluster.Give(new OperatorCommand.AddService(Definition with { Kind = "mail" })).Text
            .ShouldBe("No node has code for the kind \"mail\". They have kv, votes.");
    }

    [Fact]
    public void A_switchover_to_a_node_without_code_is_refused()
    {
        _cluster.Define(Definition with { Secondaries = 2 });
        var target = new NodeId(_cluster.Roles("kv").Secondaries.Split(' ')[0]);
        _cluster.Offer(target, "votes");

        _cluster.Give(new OperatorCommand.Switchover(Kv, target)).Text
            .ShouldBe($"{target} has no code for the kind \"kv\" of kv.");
    }

    [Fact]
    public void A_new_cluster_waits_until_every_node_has_said_what_it_has()
    {
        var (registry, manager, view) = Manager();
        manager.Reconcile(view, TimeSpan.Zero);
        manager.OnKindsOffered(Cast.Id(1), new(["votes"]), view, TimeSpan.Zero);
        registry.Find(Kv)!.Configuration.IsStarted.ShouldBeFalse();

        manager.OnKindsOffered(Cast.Id(2), new(["kv"]), view, TimeSpan.Zero);

        registry.Find(Kv)!.Configuration.Primary.ShouldBe(Cast.Id(2));
    }

    [Fact]
    public void But_not_for_ever()
    {
        var (registry, manager, view) = Manager();
        manager.Reconcile(view, TimeSpan.Zero);
        manager.OnKindsOffered(Cast.Id(1), new(["kv"]), view, TimeSpan.Zero);

        manager.Tick(view, Profile.Lan.Silence);
        registry.Find(Kv)!.Configuration.IsStarted.ShouldBeFalse();
        manager.Tick(view, Profile.Lan.Silence * 2);

        registry.Find(Kv)!.Configuration.IsStarted.ShouldBeTrue();
    }

    [Fact]
    public void What_is_said_again_makes_no_checkpoint()
    {
        var (registry, manager, view) = Manager();
        manager.OnKindsOffered(Cast.Id(1), new(["kv"]), view, TimeSpan.Zero);
        var before = registry.LastChange;

        manager.OnKindsOffered(Cast.Id(1), new(["kv"]), view, TimeSpan.Zero);

        registry.LastChange.ShouldBe(before);
    }

    private static (Registry Registry, ReplicaManager Manager, View View) Manager()
    {
        var registry = new Registry();
        var replica = new Replica(
            Registry.Name, Cast.Id(1), false, new OnceOnlyState(registry), null, Profile.Lan, Mutation.None);
        replica.Begin(TimeSpan.Zero, []);
        replica.Lead(Cast.Version(1), Cast.Providers(1));
        ImmutableArray<ServiceDefinition> services = [Definition];
        var manager = new ReplicaManager(
            services, registry, replica, Profile.Lan, Mutation.None, awaitsKinds: true);
        manager.Activate(Cast.Version(1), TimeSpan.Zero);
        return (registry, manager, Cast.View(1, 2));
    }
}
