using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests.Protocol;

public class PlannedChangeTests
{
    private static readonly ServiceDefinition _kv = new(new ServiceName("kv"), "kv", 2, 1, Durable: true);

    [Fact]
    public void A_primary_that_leaves_is_replaced_by_a_planned_change_in_the_same_view()
    {
        var present = Present(1, 2, 3);
        var next = PlannedService.Next(_kv, present, ViewOf(11, 1, 2, 3), leaving: [1]);
        next.ShouldNotBeNull();
        next.Primary.ShouldNotBe(Id(1));
        next.InSync.ShouldBe(present.InSync);
        next.IsPlanned.ShouldBeTrue();
        next.Cause.ShouldBe(new Epoch(11));
    }

    [Fact]
    public void A_primary_that_died_is_replaced_by_a_failover_though_the_change_before_was_planned()
    {
        var present = Present(1, 2, 3) with { IsPlanned = true };
        var next = PlannedService.Next(_kv, present, ViewOf(12, 2, 3));
        next.ShouldNotBeNull();
        next.IsPlanned.ShouldBeFalse();
        next.InSync.Select(p => p.Member).ShouldBe([Id(2), Id(3)]);
        next.Primary.ShouldBe(Id(3));
    }

    [Fact]
    public void The_loss_of_a_secondary_keeps_the_primary_and_is_not_planned()
    {
        var next = PlannedService.Next(_kv, Present(1, 2, 3), ViewOf(12, 1, 2));
        next.ShouldNotBeNull();
        next.Primary.ShouldBe(Id(1));
        next.IsPlanned.ShouldBeFalse();
    }

    [Fact]
    public void A_view_that_changes_no_provider_changes_nothing() =>
        PlannedService.Next(_kv, Present(1, 2, 3), ViewOf(12, 1, 2, 3, 4)).ShouldBeNull();

    private static Configuration Present(params int[] inSync) => new(
        _kv.Name,
        new ConfigurationVersion(4),
        new Lineage(1),
        Id(inSync[0]),
        [.. inSync.Select(number => new Provider(Id(number), Disk(number)))],
        new Epoch(9));

    private static View ViewOf(long epoch, params int[] members)
    {
        ImmutableArray<Member> all =
            [.. members.Select(number => new Member(Id(number), Disk(number), NodeKind.Voter))];
        return new View(
            new ClusterId(1),
            new Epoch(epoch),
            0,
            [.. all.Select(member => new Acceptor(member.Id.Node, member.Disk))],
            all,
            [],
            null,
            default);
    }

    private static MemberId Id(int number) => new(new NodeId($"n{number}"), new Incarnation(1, (ulong)number));

    private static DiskId Disk(int number) => new((UInt128)number);
}
