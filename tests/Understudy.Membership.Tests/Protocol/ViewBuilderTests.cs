using CsCheck;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Membership.Protocol;

namespace Understudy.Membership.Tests.Protocol;

public sealed class ViewBuilderTests
{
    private static readonly VersionPolicy Policy = new();

    [Fact]
    public void The_first_view_names_the_voters_on_the_disks_they_have_now()
    {
        var first = ViewBuilder.First(new ClusterId(7), [Cast.Member(3), Cast.Member(1), Cast.Member(2)], Policy);

        first.ShouldBe(Cast.View(3));
    }

    [Fact]
    public void The_next_view_names_its_predecessor_and_keeps_the_voters()
    {
        var first = Cast.View(3);
        var next = ViewBuilder.Next(first, [Cast.Id(1), Cast.Id(2)], [], null, Policy);

        next.Epoch.ShouldBe(new Epoch(2));
        next.PreviousHash.ShouldBe(first.Hash);
        next.Acceptors.ShouldBe(first.Acceptors);
        next.Quorum.ShouldBe(2);
        next.Members.ShouldBe([Cast.Member(3)]);
        next.Heir.ShouldBe(Cast.Id(3));
    }

    [Fact]
    public void An_evicted_incarnation_is_buried_and_its_tombstone_stays()
    {
        var second = ViewBuilder.Next(Cast.View(3), [Cast.Id(2)], [], null, Policy);
        var third = ViewBuilder.Next(second, [Cast.Id(3)], [Cast.Member(2, counter: 4)], null, Policy);
        var fourth = ViewBuilder.Next(third, [Cast.Id(2, counter: 4)], [], null, Policy);

        second.Tombstones.ShouldBe([new Tombstone(Cast.Node(2), 1)]);
        third.Tombstones.ShouldBe([new Tombstone(Cast.Node(2), 1), new Tombstone(Cast.Node(3), 1)]);
        fourth.Tombstones.ShouldBe([new Tombstone(Cast.Node(2), 4), new Tombstone(Cast.Node(3), 1)]);
    }

    [Fact]
    public void An_incarnation_is_replaced_by_a_newer_one_in_the_same_view()
    {
        var next = ViewBuilder.Next(Cast.View(3), [Cast.Id(2)], [Cast.Member(2, counter: 2)], null, Policy);

        next.Members.ShouldBe([Cast.Member(1), Cast.Member(2, counter: 2), Cast.Member(3)]);
        next.FloorOf(Cast.Node(2)).ShouldBe(1UL);
    }

    [Fact]
    public void A_node_is_in_a_view_once() => Should.Throw<InvariantViolationException>(
        () => ViewBuilder.Next(Cast.View(3), [], [Cast.Member(2, counter: 2)], null, Policy));

    [Fact]
    public void The_attachment_is_merged_with_the_wanted_change()
    {
        ViewBuilder.Next(Cast.View(3), [], [], new Raise(1), Policy).Attachment.ToArray()
            .ShouldBe(VersionPolicy.Bytes(2).ToArray());
        ViewBuilder.Next(Cast.View(3), [], [], new Raise(5), Policy).Attachment.ToArray()
            .ShouldBe(VersionPolicy.Bytes(1).ToArray());
    }

    [Fact]
    public void Floors_never_sink_along_a_chain() => Gen.Int[1, 3].List[1, 12].Sample(turns =>
    {
        var view = Cast.View(3);
        foreach (var node in turns)
        {
            var old = view.MemberOn(Cast.Node(node))!;
            var heir = Cast.Member(node, old.Id.Incarnation.Counter + 1);
            var next = ViewBuilder.Next(view, [old.Id], [heir], null, Policy);

            next.PreviousHash.ShouldBe(view.Hash);
            next.FloorOf(old.Id.Node).ShouldBe(old.Id.Incarnation.Counter);
            next.Members.ShouldAllBe(m => m.Id.Incarnation.Counter > next.FloorOf(m.Id.Node));
            view = next;
        }
    });
}
