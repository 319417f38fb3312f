using CsCheck;
using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Replication.Tests.Protocol;

public sealed class PlacementTests
{
    [Fact]
    public void Primaries_and_secondaries_are_spread_evenly()
    {
        var cluster = Cluster([.. Enumerable.Range(1, 12).Select(n => Service($"s{n:00}", 2))]);

        foreach (var node in PlannedCluster.Nodes(1, 2, 3, 4))
        {
            cluster.Registry.Services.Count(e => e.Configuration.Primary?.Node == node).ShouldBe(3);
            cluster.Registry.Services.Count(e => e.IsInSyncOn(node)).ShouldBeInRange(8, 10);
        }
    }

    [Fact]
    public void When_a_node_is_lost_its_primaries_are_spread_over_all_others()
    {
        var cluster = new PlannedCluster(PlannedCluster.Nodes(1, 2, 3, 4, 5, 6));
        cluster.Define([.. Enumerable.Range(1, 24).Select(n => Service($"s{n:00}", 2))]);
        var before = cluster.Registry.Services;

        cluster.Lose(PlannedCluster.Nodes(3));

        var counts = PlannedCluster.Nodes(1, 2, 4, 5, 6)
            .Select(node => cluster.Registry.Services.Count(e => e.Configuration.Primary?.Node == node)).ToList();
        counts.Sum().ShouldBe(24);
        (counts.Max() - counts.Min()).ShouldBeLessThanOrEqualTo(1);
        before.Where(e => e.Configuration.Primary?.Node.Value != "3").ShouldAllBe(
            e => cluster.Registry.Find(e.Definition.Name)!.Configuration.Primary == e.Configuration.Primary);
    }

    [Fact]
    public void Only_and_never_are_kept_though_too_few_nodes_are_left()
    {
        var cluster = Cluster(
            Service("only", 2) with { Only = [.. PlannedCluster.Nodes(1, 2)] },
            Service("never", 3) with { Never = [.. PlannedCluster.Nodes(4)] });

        cluster["only"].Configuration.InSync.Select(p => p.Member.Node).ShouldBe(PlannedCluster.Nodes(1, 2));
        cluster["never"].Configuration.InSync.Select(p => p.Member.Node).ShouldBe(PlannedCluster.Nodes(1, 2, 3));
    }

    [Fact]
    public void A_service_that_may_be_nowhere_waits()
    {
        var cluster = Cluster(Service("kv", 0) with { Only = [.. PlannedCluster.Nodes(7)] });

        cluster["kv"].Configuration.IsStarted.ShouldBeFalse();
    }

    [Fact]
    public void A_service_starts_after_the_one_it_names()
    {
        var cluster = Cluster(
            Service("a", 0) with { After = [new ServiceName("b")] },
            Service("b", 0) with { Only = [.. PlannedCluster.Nodes(9)] });
        cluster["a"].Configuration.IsStarted.ShouldBeFalse();

        cluster.Give(new OperatorCommand.ChangeService(Service("b", 0)));

        cluster["b"].Configuration.IsStarted.ShouldBeTrue();
        cluster["a"].Configuration.IsStarted.ShouldBeTrue();
    }

    [Fact]
    public void Apart_keeps_primaries_on_different_nodes_while_there_are_enough()
    {
        var cluster = Cluster(
            Service("a", 3) with { Preferred = [.. PlannedCluster.Nodes(1)] },
            Service("b", 3) with { Preferred = [.. PlannedCluster.Nodes(1)], Apart = [new ServiceName("a")] });
        cluster.Roles("a").Primary.ShouldBe("1");
        cluster.Roles("b").Primary.ShouldNotBe("1");

        cluster.Give(new OperatorCommand.Switchover(new ServiceName("a"), new NodeId(cluster.Roles("b").Primary!)));
        cluster.Settle();

        cluster.Roles("b").Primary.ShouldNotBe(cluster.Roles("a").Primary);
    }

    [Fact]
    public void A_dependent_serves_only_when_it_is_where_its_sponsor_is()
    {
        var cluster = Cluster(
            Service("base", 1) with { Preferred = [.. PlannedCluster.Nodes(1, 2)] },
            Service("side", 1) with { Preferred = [.. PlannedCluster.Nodes(3, 4)] });
        cluster.Roles("side").Primary.ShouldBe("3");

        cluster.Give(new OperatorCommand.ChangeService(Service("side", 1) with { With = [new ServiceName("base")] }));

        cluster["side"].IsFrozen.ShouldBeTrue();
        cluster["base"].IsFrozen.ShouldBeFalse();
        cluster.Settle();
        cluster["side"].IsFrozen.ShouldBeFalse();
        cluster.Roles("side").ShouldBe(cluster.Roles("base"));
    }

    [Fact]
    public void The_secondaries_of_a_group_are_placed_so_that_a_common_node_exists()
    {
        var cluster = Cluster(
            Service("a", 1), Service("z", 2),
            Service("base", 2), Service("side", 1) with { With = [new ServiceName("base")] });

        cluster["base"].Placement[..2].ShouldBe(cluster["side"].Placement);
        cluster.Lose(new NodeId(cluster.Roles("base").Primary!));
        cluster["side"].IsFrozen.ShouldBeFalse();
        cluster.Roles("side").Primary.ShouldBe(cluster.Roles("base").Primary);
    }

    [Fact]
    public void Nothing_moves_when_a_node_returns()
    {
        var cluster = Cluster([.. Enumerable.Range(1, 8).Select(n => Service($"s{n}", 1))]);
        cluster.Lose(new NodeId("2"));
        cluster.Settle();
        var before = cluster.Registry.Services.Select(e => e.Configuration.Version).ToList();

        cluster.Return(new NodeId("2"), disk: 2);
        cluster.Settle();

        cluster.Registry.Services.Select(e => e.Configuration.Version).ShouldBe(before);
    }

    [Fact]
    public void All_copies_lost_means_waiting_for_a_disk_that_was_in_sync()
    {
        var cluster = Cluster(Service("kv", 0));
        var node = cluster["kv"].Configuration.InSync[0];

        cluster.Lose(node.Member.Node);
        cluster.Roles("kv").Primary.ShouldBeNull();
        cluster.Return(node.Member.Node, disk: 99);
        cluster.Roles("kv").Primary.ShouldBeNull("another disk has nothing of it");
        cluster.Lose(node.Member.Node);
        cluster.Return(node.Member.Node, (int)node.Disk.Value);

        cluster.Roles("kv").Primary.ShouldBe(node.Member.Node.Value);
    }

    /// <summary>
    /// Whatever is lost, returns, is drained or asked for: the planner comes to rest, keeps Together (asserted after
    /// every decision), and every service that has a copy has a primary that is in sync.
    /// </summary>
    [Fact]
    public void Whatever_happens_the_planner_comes_to_rest_with_every_rule_kept() =>
        Gen.Select(Gen.Int[0, 11], Gen.Int[1, 5], Gen.Bool).Array[1, 25].Sample(
            steps =>
            {
                var cluster = Groups();
                foreach (var (kind, node, settles) in steps)
                {
                    Take(cluster, kind, new NodeId($"{node}"), node);
                    if (settles) cluster.Settle();
                }

                cluster.Settle();
                foreach (var entry in cluster.Registry.Services)
                {
                    var alive = entry.Configuration.InSync.Where(p => cluster.View.Contains(p.Member)).ToList();
                    if (alive.Count == 0) continue;
                    alive.Select(p => p.Member).ShouldContain(entry.Configuration.Primary!.Value);
                }
            },
            iter: 300);

    private static void Take(PlannedCluster cluster, int kind, NodeId node, int disk)
    {
        var service = cluster.Registry.Services[disk % cluster.Registry.Services.Length].Definition.Name;
        var isMember = cluster.View.MemberOn(node) is not null;
        switch (kind)
        {
            case 0 or 1 when isMember && cluster.View.Members.Length > 1: cluster.Lose(node); break;
            case 2 or 3 when !isMember: cluster.Return(node, disk); break;
            case 4: cluster.Give(new OperatorCommand.Drain(node)); break;
            case 5: cluster.Give(new OperatorCommand.Undrain(node)); break;
            case 6: cluster.Give(new OperatorCommand.Switchover(service, node)); break;
            case 7: cluster.Give(new OperatorCommand.Abort(service)); break;
            case 8: cluster.Give(new OperatorCommand.RemoveProvider(service, node)); break;
            case 9: cluster.Give(new OperatorCommand.AddProvider(service, node)); break;
            case 10: cluster.DrainAll(); break;
            default: cluster.BringUpOne(); break;
        }
    }

    private static PlannedCluster Groups()
    {
        var cluster = new PlannedCluster(PlannedCluster.Nodes(1, 2, 3, 4, 5));
        cluster.Define(
            Service("alone", 2) with { Apart = [new ServiceName("base")] },
            Service("base", 2),
            Service("side", 1) with { With = [new ServiceName("base")] },
            Service("third", 2) with { With = [new ServiceName("side")], After = [new ServiceName("alone")] },
            Service("other", 1) with { Never = [.. PlannedCluster.Nodes(3)] });
        return cluster;
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
