using CsCheck;

namespace Understudy.Kernel.Tests;

public class IdentifierTests
{
    private static readonly Gen<MemberId> s_members =
        from node in Gen.Int[0, 2]
        from counter in Gen.ULong[0, 2]
        from nonce in Gen.ULong[0, 2]
        select new MemberId(new NodeId("nN"[..(node == 0 ? 1 : 2)] + node), new Incarnation(counter, nonce));

    [Fact]
    public void Names_are_ordered_by_ordinal_not_by_language()
    {
        NodeId[] nodes = [new("n10"), new("a"), new("n2"), new("B")];
        nodes.Order().Select(node => node.Value).ShouldBe(["B", "a", "n10", "n2"]);
    }

    [Fact]
    public void An_incarnation_is_ordered_by_counter_first()
    {
        new Incarnation(1, 99).CompareTo(new Incarnation(2, 0)).ShouldBeNegative();
        new Incarnation(2, 1).CompareTo(new Incarnation(2, 0)).ShouldBePositive();
    }

    [Fact]
    public void Two_starts_from_one_copied_disk_differ() =>
        new Incarnation(3, 1).ShouldNotBe(new Incarnation(3, 2));

    [Fact]
    public void The_order_of_members_is_total_and_agrees_with_equality() =>
        Gen.Select(s_members, s_members, s_members).Sample((a, b, c) =>
        {
            (a.CompareTo(b) == 0).ShouldBe(a == b);
            Math.Sign(a.CompareTo(b)).ShouldBe(-Math.Sign(b.CompareTo(a)));
            if (a.CompareTo(b) <= 0 && b.CompareTo(c) <= 0) a.CompareTo(c).ShouldBeLessThanOrEqualTo(0);
        });

    [Fact]
    public void Epochs_and_versions_count_up()
    {
        (Epoch.None.Next > Epoch.None).ShouldBeTrue();
        (ConfigurationVersion.None.Next > ConfigurationVersion.None).ShouldBeTrue();
        new Epoch(4).Next.ShouldBe(new Epoch(5));
    }

    [Fact]
    public void Identifiers_are_written_short_where_people_read_them()
    {
        new MemberId(new NodeId("n1"), new Incarnation(7, 123)).ToString().ShouldBe("n1#7");
        new ClusterId(255).ToString().ShouldBe("000000000000000000000000000000ff");
        new DiskId(UInt128.MaxValue).ToString().ShouldBe("ffffffff");
    }
}
