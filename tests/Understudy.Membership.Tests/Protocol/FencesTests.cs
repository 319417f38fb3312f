using CsCheck;
using Understudy.Kernel;
using Understudy.Membership.Protocol;

namespace Understudy.Membership.Tests.Protocol;

public sealed class FencesTests
{
    private static readonly MemberId Evicted = Cast.Id(9);

    [Fact]
    public void A_fence_is_the_smallest_over_quorums_of_the_greatest_that_a_member_of_it_still_grants() =>
        Gen.Int[0, 20].Array[1, 7].Sample(remaining =>
        {
            var quorum = remaining.Length / 2 + 1;
            var best = Enumerable.Range(1, (1 << remaining.Length) - 1)
                .Select(set => remaining.Where((_, i) => (set >> i & 1) == 1).ToList())
                .Where(set => set.Count >= quorum)
                .Min(set => set.Max());

            Fences.AcrossQuorum(Evicted, remaining.Select(Report), quorum).ShouldBe(TimeSpan.FromSeconds(best));
        });

    [Fact]
    public void An_acceptor_that_reports_nothing_of_the_member_has_nothing_granted()
    {
        var silent = Report(0) with { Remaining = [] };

        Fences.AcrossQuorum(Evicted, [silent, Report(5), silent], 2).ShouldBe(TimeSpan.Zero);
        Fences.AcrossQuorum(Evicted, [silent, Report(5), Report(6)], 2).ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Fewer_reports_than_a_quorum_make_no_fence() =>
        Should.Throw<InvariantViolationException>(() => Fences.AcrossQuorum(Evicted, [Report(1)], 2));

    [Fact]
    public void A_fence_passes_once_and_not_before_its_time()
    {
        var fences = new Fences();
        fences.Start(Evicted, TimeSpan.FromSeconds(3));
        fences.Start(Cast.Id(8), TimeSpan.FromSeconds(5));

        fences.Pass(TimeSpan.FromSeconds(2)).ShouldBeEmpty();
        fences.Remaining(TimeSpan.FromSeconds(2)).ShouldBe(
            [
                new RemainingLease(Cast.Id(8), TimeSpan.FromSeconds(3)),
                new RemainingLease(Evicted, TimeSpan.FromSeconds(1)),
            ]);
        fences.Pass(TimeSpan.FromSeconds(3)).ShouldBe([Evicted]);
        fences.IsRunning(Evicted).ShouldBeFalse();
        fences.IsRunning(Cast.Id(8)).ShouldBeTrue();
        fences.Pass(TimeSpan.FromSeconds(3)).ShouldBeEmpty();
    }

    private static MembershipMessage.Accepted Report(int seconds) => new(
        new Epoch(2), new Ballot(0, Cast.Id(1)), 1, [new RemainingLease(Evicted, TimeSpan.FromSeconds(seconds))]);
}
