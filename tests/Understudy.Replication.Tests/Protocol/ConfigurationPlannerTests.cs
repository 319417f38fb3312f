using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests.Protocol;

public sealed class ConfigurationPlannerTests
{
    private static readonly ServiceDefinition Durable = new(Service, "kv", 2, 1, true);
    private static readonly ServiceDefinition InMemory = Durable with { Durable = false };

    [Fact]
    public void The_first_primary_is_the_least_loaded_host_and_among_equals_the_greatest()
    {
        Start(View(1, 2, 3))!.Primary.ShouldBe(Id(3));
        Start(View(1, 2, 3), load: [(3, 1)])!.Primary.ShouldBe(Id(2));
        Start(View(1, 2, 3), load: [(3, 2), (2, 1), (1, 1)])!.Primary.ShouldBe(Id(2));
    }

    [Fact]
    public void The_first_configuration_has_its_primary_alone_in_sync()
    {
        var first = Start(View(1, 2, 3))!;
        first.Version.ShouldBe(Version(1));
        first.InSync.ShouldBe(Providers(3));
        first.Cause.ShouldBe(new Epoch(5));
    }

    [Fact]
    public void A_witness_hosts_nothing_and_a_node_that_leaves_gets_nothing()
    {
        var view = View(Member(1), Member(2), Member(3, kind: NodeKind.Witness));
        Start(view)!.Primary.ShouldBe(Id(2));
        Start(view, leaving: [2])!.Primary.ShouldBe(Id(1));
        Start(view, leaving: [1, 2]).ShouldBeNull();
    }

    [Fact]
    public void A_surviving_primary_stays_and_a_lost_secondary_drops_out()
    {
        var next = Next(Present(primary: 1, 1, 2, 3), View(1, 2))!;
        next.Version.ShouldBe(Version(8));
        next.Primary.ShouldBe(Id(1));
        next.InSync.ShouldBe(Providers(1, 2));
    }

    [Fact]
    public void A_lost_primary_is_followed_by_the_least_loaded_in_sync_provider()
    {
        Next(Present(primary: 1, 1, 2, 3), View(2, 3))!.Primary.ShouldBe(Id(3));
        Next(Present(primary: 1, 1, 2, 3), View(2, 3), load: [(3, 1)])!.Primary.ShouldBe(Id(2));
    }

    [Fact]
    public void A_spare_never_follows_a_primary()
    {
        var next = Next(Present(primary: 1, 1, 2), View(2, 3, 4), load: [(2, 5)])!;
        next.Primary.ShouldBe(Id(2));
        next.InSync.ShouldBe(Providers(2));
    }

    [Fact]
    public void A_view_that_only_gains_or_loses_spares_changes_nothing()
    {
        var present = Present(primary: 1, 1, 2, 3);
        foreach (var view in new[] { View(1, 2, 3), View(1, 2, 3, 4), View(1, 2, 3, 5), View(0, 1, 2, 3, 4, 5) })
            Next(present, view, load: [(1, 9)]).ShouldBeNull();
    }

    [Fact]
    public void When_all_in_sync_are_gone_the_service_waits_and_the_set_is_kept()
    {
        var lost = Next(Present(primary: 1, 1, 2), View(3, 4))!;
        lost.Primary.ShouldBeNull();
        lost.InSync.ShouldBe(Providers(1, 2));
        lost.Version.ShouldBe(Version(8));

        Next(lost, View(3, 4, 5)).ShouldBeNull("once is enough");
    }

    [Fact]
    public void A_durable_service_returns_with_one_of_its_disks()
    {
        var lost = Present(primary: 1, 1, 2) with { Primary = null };
        var next = Next(lost, View(Member(2, counter: 2), Member(3)))!;
        next.Primary.ShouldBe(Id(2, counter: 2));
        next.InSync.ShouldBe([Provider(2, counter: 2)]);
    }

    [Fact]
    public void Another_disk_or_a_service_in_memory_does_not_return()
    {
        var lost = Present(primary: 1, 1, 2) with { Primary = null };
        Next(lost, View(Member(2, counter: 2) with { Disk = Disk(22) }, Member(3))).ShouldBeNull();
        Next(lost, View(Member(2, counter: 2), Member(3)), InMemory).ShouldBeNull();
    }

    [Fact]
    public void A_primary_that_leaves_is_followed_by_an_in_sync_provider_that_stays()
    {
        var present = Present(primary: 3, 1, 2, 3);
        var next = Next(present, View(1, 2, 3), leaving: [3, 2])!;
        next.Primary.ShouldBe(Id(1));
        next.InSync.ShouldBe(Providers(1, 2, 3));
    }

    [Fact]
    public void A_primary_that_leaves_and_has_no_secondary_stays_until_it_is_gone() =>
        Next(Present(primary: 3, 3), View(1, 2, 3), leaving: [3]).ShouldBeNull();

    private static Configuration Present(int primary, params int[] inSync) =>
        new(Service, Version(7), new Lineage(1), Id(primary), Providers(inSync), new Epoch(4));

    private static Configuration? Start(View view, (int Node, int Services)[]? load = null, int[]? leaving = null) =>
        PlannedService.Start(Durable, view, load, leaving);

    private static Configuration? Next(
        Configuration present,
        View view,
        ServiceDefinition? definition = null,
        (int Node, int Services)[]? load = null,
        int[]? leaving = null) =>
        PlannedService.Next(definition ?? Durable, present, view, load, leaving);
}
