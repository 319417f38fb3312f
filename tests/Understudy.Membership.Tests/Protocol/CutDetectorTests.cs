using CsCheck;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Membership.Protocol;

namespace Understudy.Membership.Tests.Protocol;

public sealed class CutDetectorTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Any_f_of_2f_plus_1_voters_that_go_at_once_can_be_evicted(int f)
    {
        var voters = 2 * f + 1;
        var view = Cast.View(voters);
        foreach (var gone in Sets(voters).Where(set => set.Count == f))
        {
            var accusations = Enumerable.Range(1, voters).Except(gone)
                .SelectMany(accuser => gone.Select(subject => Accuse(accuser, subject, EvidenceClass.Silent))).ToList();

            CutDetector.Judge(view, accusations).Where(v => v.IsStable).Select(v => v.Subject)
                .ShouldBe(gone.Select(i => Cast.Id(i)));
        }
    }

    [Fact]
    public void One_accuser_of_three_voters_never_evicts()
    {
        foreach (var evidence in new[] { EvidenceClass.Broken, EvidenceClass.Silent, EvidenceClass.Stuck })
        {
            var verdict = CutDetector.Judge(Cast.View(3), [Accuse(1, 2, evidence)]).ShouldHaveSingleItem();

            verdict.IsStable.ShouldBeFalse();
            verdict.IsUnanimous.ShouldBeFalse();
        }
    }

    // The rule that an isolated minority cannot use: f accusers of 2f+1 are one too few against anybody.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void F_accusers_of_2f_plus_1_voters_evict_nobody(int f)
    {
        var accusations = Enumerable.Range(1, f)
            .SelectMany(accuser => Enumerable.Range(f + 1, f + 1)
                .Select(subject => Accuse(accuser, subject, EvidenceClass.Broken))).ToList();

        CutDetector.Judge(Cast.View(2 * f + 1), accusations).ShouldAllBe(verdict => !verdict.IsStable);
    }

    [Fact]
    public void An_orderly_leave_is_decided_by_one_source() =>
        CutDetector.Judge(Cast.View(5), [Accuse(1, 2, EvidenceClass.Left)])
            .ShouldBe([new Verdict(Cast.Id(2), EvidenceClass.Left, IsStable: true, IsUnanimous: false)]);

    [Fact]
    public void The_strongest_evidence_stands_for_all() =>
        CutDetector.Judge(Cast.View(3), [Accuse(1, 3, EvidenceClass.Silent), Accuse(2, 3, EvidenceClass.Broken)])
            .ShouldBe([new Verdict(Cast.Id(3), EvidenceClass.Broken, IsStable: true, IsUnanimous: true)]);

    [Fact]
    public void An_accusation_against_another_incarnation_does_not_count() =>
        CutDetector.Judge(Cast.View(3), [(Cast.Node(1), new Accusation(Cast.Id(2, counter: 2), EvidenceClass.Left))])
            .ShouldBeEmpty();

    [Fact]
    public void A_member_that_does_not_vote_is_judged_by_all_voters()
    {
        var view = Cast.View(3, others: 1);

        CutDetector.Judge(view, [Accuse(1, 4, EvidenceClass.Broken)])[0].IsStable.ShouldBeFalse();
        CutDetector.Judge(view, [Accuse(1, 4, EvidenceClass.Broken), Accuse(2, 4, EvidenceClass.Broken)])[0]
            .IsStable.ShouldBeTrue();
    }

    [Fact]
    public void More_accusers_never_make_a_verdict_weaker() =>
        Gen.Select(Gen.Int[2, 9], Gen.Int[1, 8])
            .Where((voters, accusers) => accusers < voters)
            .Sample((voters, accusers) =>
        {
            var accusations = Enumerable.Range(2, accusers).Where(i => i <= voters)
                .Select(accuser => Accuse(accuser, 1, EvidenceClass.Silent)).ToList();

            var verdict = CutDetector.Judge(Cast.View(voters), accusations).ShouldHaveSingleItem();
            verdict.IsStable.ShouldBe(accusations.Count > (voters - 1) / 2);
            verdict.IsUnanimous.ShouldBe(accusations.Count == voters - 1);
        });

    private static (NodeId Voter, Accusation Accusation) Accuse(int accuser, int subject, EvidenceClass evidence) =>
        (Cast.Node(accuser), new Accusation(Cast.Id(subject), evidence));

    private static IEnumerable<List<int>> Sets(int count) => Enumerable.Range(0, 1 << count)
        .Select(set => Enumerable.Range(1, count).Where(i => (set >> (i - 1) & 1) == 1).ToList());
}
