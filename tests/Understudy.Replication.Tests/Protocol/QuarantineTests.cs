using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests.Protocol;

public sealed class QuarantineTests
{
    private static readonly ServiceName Kv = new("kv");
    private static readonly NodeId Third = new("3");

    private readonly PlannedCluster _cluster = new(PlannedCluster.Nodes(1, 2, 3, 4));

    public QuarantineTests() => _cluster.Define(new ServiceDefinition(Kv, "kv", 3, 0, Durable: true));

    [Fact]
    public void A_node_that_leaves_three_times_in_an_hour_gets_nothing_until_it_is_released()
    {
        Flap(2);
        _cluster.Registry.Node(Third).IsQuarantined.ShouldBeFalse();
        _cluster["kv"].IsInSyncOn(Third).ShouldBeTrue();

        Flap(1);
        _cluster.Registry.Node(Third).IsQuarantined.ShouldBeTrue();
        _cluster["kv"].IsInSyncOn(Third).ShouldBeFalse();
        _cluster.View.MemberOn(Third).ShouldNotBeNull("it is a member as before");

        _cluster.Give(new OperatorCommand.Release(Third)).Outcome.ShouldBe(CommandOutcome.Done);
        _cluster.Settle();
        _cluster["kv"].IsInSyncOn(Third).ShouldBeTrue();
        Flap(2);
        _cluster.Registry.Node(Third).IsQuarantined.ShouldBeFalse("its exits were forgotten");
    }

    [Fact]
    public void Exits_that_are_more_than_an_hour_apart_do_not_add_up()
    {
        Flap(2);
        _cluster.Elapsed += TimeSpan.FromMinutes(61);
        Flap(2);

        _cluster.Registry.Node(Third).IsQuarantined.ShouldBeFalse();
    }

    [Fact]
    public void A_node_that_says_that_it_leaves_may_do_so_often()
    {
        for (var i = 0; i < 5; i++)
        {
            _cluster.LoseInOrder(Third);
            _cluster.Return(Third, 3);
        }

        _cluster.Registry.Node(Third).Exits.ShouldBeEmpty();
    }

    [Fact]
    public void Nodes_that_all_go_at_once_are_not_blamed()
    {
        for (var i = 0; i < 4; i++)
        {
            _cluster.Lose(PlannedCluster.Nodes(2, 3, 4));
            foreach (var node in PlannedCluster.Nodes(2, 3, 4)) _cluster.Return(node, node.Value[0] - '0');
        }

        _cluster.Registry.Nodes.ShouldAllBe(n => n.Exits.Length == 0);
    }

    [Fact]
    public void Less_than_half_of_the_nodes_are_quarantined()
    {
        Flap(3);
        foreach (var node in PlannedCluster.Nodes(2, 4))
        {
            for (var i = 0; i < 3; i++)
            {
                _cluster.Lose(node);
                _cluster.Return(node, node.Value[0] - '0');
            }
        }

        _cluster.Registry.Nodes.Where(n => n.IsQuarantined).Select(n => n.Node).ShouldBe([Third]);
    }

    [Fact]
    public void The_next_RM_counts_an_eviction_once_and_misses_none()
    {
        Flap(2);
        var restored = new Registry();
        restored.Load(_cluster.Registry.Save());
        restored.Node(Third).Exits.Length.ShouldBe(2);

        _cluster.Reconcile();
        _cluster.Registry.Node(Third).Exits.Length.ShouldBe(2, "that eviction was looked at");
    }

    [Fact]
    public void A_switchover_to_a_quarantined_node_is_refused()
    {
        Flap(3);

        _cluster.Give(new OperatorCommand.Switchover(Kv, Third)).Text.ShouldBe("3 is quarantined. Release it first.");
    }

    [Fact]
    public void The_only_disk_with_the_state_serves_though_its_node_is_quarantined()
    {
        var cluster = new PlannedCluster(PlannedCluster.Nodes(1, 2, 3));
        cluster.Define(new ServiceDefinition(Kv, "kv", 0, 0, Durable: true) { Only = [Third] });
        for (var i = 0; i < 3; i++)
        {
            cluster.Lose(Third);
            cluster.Return(Third, 3);
        }

        cluster.Registry.Node(Third).IsQuarantined.ShouldBeTrue();
        cluster.Roles("kv").Primary.ShouldBe(Third.Value);
    }

    private void Flap(int times)
    {
        for (var i = 0; i < times; i++)
        {
            _cluster.Lose(Third);
            _cluster.Return(Third, 3);
            _cluster.Settle();
        }
    }
}
