using CsCheck;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Membership.Protocol;

namespace Understudy.Membership.Tests.Protocol;

public sealed class LeasesTests
{
    private static readonly Profile Profile = Profile.Lan;

    private static readonly MemberId Holder = Cast.Id(9);

    /// <summary>
    /// One question to a voter: when asked, how long until the voter saw it, whether the answer came.
    /// </summary>
    private static readonly Gen<(int Voter, long AskedAt, long Delay, bool IsAnswered)> Questions = Gen.Select(
        Gen.Int[1, 5], Gen.Long[0, 3_000], Gen.Long[0, 900], Gen.Bool);

    [Fact]
    public void A_member_without_a_quorum_of_grants_holds_no_lease()
    {
        var leases = new Leases(Profile);
        leases.Granted(Cast.Node(1), At(1_000));

        leases.HeldUntil(Cast.View(3)).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void A_lease_is_counted_from_the_question_that_completed_the_quorum()
    {
        var leases = new Leases(Profile);
        leases.Granted(Cast.Node(1), At(1_000));
        leases.Granted(Cast.Node(2), At(700));

        leases.HeldUntil(Cast.View(3)).ShouldBe(At(700) + Profile.Lease);
        leases.Granted(Cast.Node(3), At(900));
        leases.HeldUntil(Cast.View(3)).ShouldBe(At(900) + Profile.Lease);
    }

    [Fact]
    public void An_answer_to_an_older_question_shortens_nothing()
    {
        var leases = new Leases(Profile);
        leases.Granted(Cast.Node(1), At(1_000));
        leases.Granted(Cast.Node(1), At(400));

        leases.HeldUntil(Cast.View(1)).ShouldBe(At(1_000) + Profile.Lease);
    }

    [Fact]
    public void A_grant_of_someone_who_is_no_voter_of_the_view_does_not_count()
    {
        var leases = new Leases(Profile);
        leases.Granted(Cast.Node(1), At(1_000));
        leases.Granted(Cast.Node(8), At(1_000));

        leases.HeldUntil(Cast.View(3)).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void A_released_lease_is_never_held_again()
    {
        var leases = new Leases(Profile);
        leases.Release();
        leases.Granted(Cast.Node(1), At(1_000));

        leases.HeldUntil(Cast.View(1)).ShouldBe(TimeSpan.Zero);
    }

    // H3: what it granted in its former life is forgotten, so everyone may hold a grant of the full length.
    [Fact]
    public void A_restarted_voter_assumes_that_it_has_granted_to_everyone()
    {
        var voter = new Leases(Profile);

        voter.RemainingOf(Holder, TimeSpan.Zero).ShouldBe(Profile.Grant);
        voter.RemainingOf(Holder, At(100)).ShouldBe(Profile.Grant - At(100));
        voter.RemainingOf(Holder, Profile.Grant).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Pruning_forgets_only_what_has_run_out()
    {
        var voter = new Leases(Profile);
        voter.Grant(Cast.Id(1), At(1_000));
        voter.Grant(Cast.Id(2), At(2_000));

        voter.Prune(At(1_000) + Profile.Grant);

        voter.RemainingOf(Cast.Id(1), At(1_500)).ShouldBe(TimeSpan.Zero);
        voter.RemainingOf(Cast.Id(2), At(2_100)).ShouldBe(Profile.Grant - At(100));
    }

    // All clocks run alike here; the margin between a lease and a grant is for those that do not.
    [Fact]
    public void A_lease_never_outlives_the_grants_of_any_quorum() =>
        Gen.Select(Questions.List[0, 25], Gen.Int[1, 5]).Sample((questions, voters) =>
        {
            var view = Cast.View(voters);
            var holder = new Leases(Profile);
            var granters = Enumerable.Range(1, 5).ToDictionary(i => i, _ => new Leases(Profile));
            // A voter sees questions in the order of their arrival.
            foreach (var question in questions.OrderBy(q => q.AskedAt + q.Delay))
            {
                granters[question.Voter].Grant(Holder, At(question.AskedAt + question.Delay));
                if (question.IsAnswered) holder.Granted(Cast.Node(question.Voter), At(question.AskedAt));
            }

            var held = holder.HeldUntil(view);
            if (held == TimeSpan.Zero) return;
            // In every quorum some voter still honours its grant a moment before the lease ends.
            var last = held - TimeSpan.FromTicks(1);
            Quorums(voters, view.Quorum).ShouldAllBe(quorum => quorum.Any(
                voter => granters[voter].RemainingOf(Holder, last) > TimeSpan.Zero));
        });

    private static IEnumerable<int[]> Quorums(int voters, int size) => Enumerable.Range(1, (1 << voters) - 1)
        .Select(set => Enumerable.Range(1, voters).Where(i => (set >> (i - 1) & 1) == 1).ToArray())
        .Where(set => set.Length >= size);

    private static TimeSpan At(long milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
