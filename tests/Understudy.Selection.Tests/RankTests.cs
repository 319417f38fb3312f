using CsCheck;
using Understudy.Kernel;
using Understudy.Selection.Protocol;

namespace Understudy.Selection.Tests;

public sealed class RankTests
{
    private static readonly NodeId A = new("a");

    private static readonly NodeId B = new("b");

    private static readonly Rank Primary = new(true, new ConfigurationVersion(5), new ConfigurationVersion(5), 9, 0, A);

    private static readonly Rank Secondary =
        new(true, ConfigurationVersion.None, new ConfigurationVersion(5), long.MaxValue, int.MaxValue, B);

    private static readonly Rank Spare = new(
        false, ConfigurationVersion.None, new ConfigurationVersion(long.MaxValue), long.MaxValue, int.MaxValue, B);

    /// <summary>Few values, so that ranks often agree in their leading parts.</summary>
    private static readonly Gen<Rank> NearRanks = Gen.Select(
        Gen.Bool, Gen.Long[0, 1], Gen.Long[0, 1], Gen.Long[0, 1], Gen.Int[-1, 1], Gen.OneOf("a", "b", "B"),
        (isInSync, primary, replica, sequence, priority, node) => new Rank(
            isInSync, new ConfigurationVersion(primary), new ConfigurationVersion(replica), sequence, priority,
            new NodeId(node)));

    private static readonly Gen<Rank> AnyRanks = Gen.OneOf(NearRanks, SelectionGen.Ranks);

    // Steps 612-614, 702-706: whatever the later parts say.
    [Fact]
    public void A_primary_is_above_a_secondary_and_a_secondary_above_a_spare()
    {
        Primary.ShouldBeGreaterThan(Secondary);
        Secondary.ShouldBeGreaterThan(Spare);
        Primary.ShouldBeGreaterThan(Spare);
    }

    [Fact]
    public void An_in_sync_provider_is_above_one_that_is_not_whatever_else_they_have() => Gen.Select(AnyRanks, AnyRanks)
        .Sample((a, b) => (a with { IsInSync = true }).ShouldBeGreaterThan(b with { IsInSync = false }));

    [Fact]
    public void A_later_part_decides_only_when_all_parts_before_it_are_equal()
    {
        var low = new Rank(false, ConfigurationVersion.None, ConfigurationVersion.None, 0, 0, A);
        Func<Rank, Rank>[] raised =
        [
            rank => rank with { IsInSync = true },
            rank => rank with { PrimaryEpoch = new ConfigurationVersion(1) },
            rank => rank with { ReplicaEpoch = new ConfigurationVersion(1) },
            rank => rank with { LastSequence = 1 },
            rank => rank with { Priority = 1 },
            rank => rank with { Node = B },
        ];

        for (var part = 0; part < raised.Length; part++)
        {
            var allLater = raised.Skip(part + 1).Aggregate(low, (rank, raise) => raise(rank));
            raised[part](low).ShouldBeGreaterThan(allLater, $"part {part + 1}");
        }
    }

    [Fact]
    public void A_lower_priority_may_be_negative() =>
        (Secondary with { Priority = -1 }).ShouldBeLessThan(Secondary with { Priority = 0, Node = A });

    [Fact]
    public void Nodes_are_compared_by_their_letters_and_not_by_a_language() =>
        (Primary with { Node = new NodeId("B") }).ShouldBeLessThan(Primary with { Node = A });

    [Fact]
    public void The_order_is_total() => Gen.Select(AnyRanks, AnyRanks, AnyRanks).Sample((a, b, c) =>
    {
        Math.Sign(a.CompareTo(b)).ShouldBe(-Math.Sign(b.CompareTo(a)));
        (a.CompareTo(b) == 0).ShouldBe(a == b);
        if (a <= b && b <= c) (a <= c).ShouldBeTrue();
    });

    [Fact]
    public void The_operators_say_what_the_comparison_says() => Gen.Select(AnyRanks, AnyRanks).Sample((a, b) =>
    {
        (a < b).ShouldBe(a.CompareTo(b) < 0);
        (a > b).ShouldBe(a.CompareTo(b) > 0);
        (a <= b).ShouldBe(a.CompareTo(b) <= 0);
        (a >= b).ShouldBe(a.CompareTo(b) >= 0);
    });

    [Fact]
    public void Two_nodes_never_have_the_same_rank() => Gen.Select(AnyRanks, AnyRanks).Sample((a, b) =>
        (a with { Node = A }).CompareTo(b with { Node = B }).ShouldNotBe(0));
}
