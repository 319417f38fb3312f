using Understudy.Verification;

namespace Understudy.Tests.Verification;

public class LinearizabilityCheckerTests
{
    private static HistoryBuilder History => new();

    [Fact]
    public void Nothing_at_all_is_linearizable() => IsFine(History);

    [Fact]
    public void Operations_one_after_another_are_linearizable() => IsFine(History
        .ReadNothing(0, 1).HadNothingToRemove(2, 3)
        .Wrote(5, 4, 5).Read(5, 6, 7)
        .Counted(to: 6, 8, 9).Read(6, 10, 11)
        .Removed(12, 13).ReadNothing(14, 15)
        .Counted(to: 1, 16, 17).Read(1, 18, 19));

    [Fact]
    public void A_read_may_see_a_write_that_it_overlaps_or_not()
    {
        IsFine(History.Wrote(1, 0, 1).Wrote(2, 2, 9).Read(1, 3, 4));
        IsFine(History.Wrote(1, 0, 1).Wrote(2, 2, 9).Read(2, 3, 4));
    }

    [Fact]
    public void Operations_that_touch_at_one_moment_may_have_overlapped() =>
        IsFine(History.Wrote(1, 0, 5).ReadNothing(5, 6));

    [Fact]
    public void A_stale_read_is_flagged() => IsBroken(History.Wrote(1, 0, 1).Wrote(2, 2, 3).Read(1, 4, 5));

    [Fact]
    public void Time_does_not_run_backwards_between_two_reads() =>
        IsBroken(History.Wrote(1, 0, 1).Wrote(2, 2, 9).Read(2, 3, 4).Read(1, 5, 6));

    [Fact]
    public void A_lost_write_is_flagged() => IsBroken(History.Wrote(1, 0, 1).ReadNothing(2, 3));

    [Fact]
    public void A_value_that_nobody_wrote_is_flagged() => IsBroken(History.Wrote(1, 0, 9).Read(3, 1, 8));

    [Fact]
    public void An_increment_that_took_effect_twice_is_flagged() =>
        IsBroken(History.Counted(to: 1, 0, 1).Counted(to: 3, 2, 3));

    [Fact]
    public void Two_increments_that_made_the_same_number_are_flagged() =>
        IsBroken(History.Counted(to: 1, 0, 5).Counted(to: 1, 0, 5));

    [Fact]
    public void A_removal_that_was_lost_is_flagged() => IsBroken(History.Wrote(1, 0, 1).Removed(2, 3).Read(1, 4, 5));

    [Fact]
    public void A_write_of_unknown_outcome_may_take_effect_late_or_never()
    {
        IsFine(History.Wrote(1, 0, 1).MayWrite(2, 2).Read(1, 3, 4));
        IsFine(History.Wrote(1, 0, 1).MayWrite(2, 2).Read(1, 3, 4).Read(2, 500, 501));
    }

    [Fact]
    public void A_write_of_unknown_outcome_takes_effect_once_and_not_before_it_was_sent()
    {
        IsBroken(History.Wrote(1, 0, 1).MayWrite(2, 2).Read(2, 3, 4).Wrote(1, 5, 6).Read(2, 7, 8));
        IsBroken(History.Wrote(1, 0, 1).Read(2, 3, 4).MayWrite(2, 5));
        IsBroken(History.Counted(to: 1, 0, 1).MayCount(2).Counted(to: 4, 3, 4));
        IsFine(History.Counted(to: 1, 0, 1).MayCount(2).Counted(to: 3, 3, 4));
    }

    [Fact]
    public void Compare_and_set_follows_the_versions_that_answers_named()
    {
        IsFine(History.Wrote(1, 0, 1, version: 7).Swapped(7, 2, 2, 3, version: 9).Read(2, 4, 5, version: 9));
        IsBroken(History.Wrote(1, 0, 1, version: 7).Swapped(6, 2, 2, 3));
        IsBroken(History.Wrote(1, 0, 1, version: 7).FailedToSwap(7, 2, 3));
        IsBroken(History.Wrote(1, 0, 1, version: 7).Swapped(7, 2, 2, 9).Swapped(7, 3, 2, 9));
        IsFine(History.Wrote(1, 0, 1, version: 7).Swapped(7, 2, 2, 9).FailedToSwap(7, 2, 9));
    }

    [Fact]
    public void Compare_and_set_with_an_absent_key_succeeds_once()
    {
        IsFine(History.Swapped(0, 1, 0, 9).FailedToSwap(0, 0, 9).Read(1, 10, 11));
        IsBroken(History.Swapped(0, 1, 0, 9).Swapped(0, 2, 0, 9));
        IsBroken(History.FailedToSwap(0, 0, 1));
    }

    [Fact]
    public void A_compare_and_set_of_unknown_outcome_needs_its_version_to_take_effect()
    {
        IsFine(History.Wrote(1, 0, 1, version: 7).MaySwap(7, 2, 2).Read(2, 3, 4, version: 8));
        IsBroken(History.Wrote(1, 0, 1, version: 7).MaySwap(6, 2, 2).Read(2, 3, 4, version: 8));
    }

    [Fact]
    public void A_version_that_goes_back_or_changes_without_a_write_is_flagged()
    {
        IsBroken(History.Wrote(1, 0, 1, version: 7).Wrote(1, 2, 3, version: 7));
        IsBroken(History.Wrote(1, 0, 1, version: 7).Read(1, 2, 3, version: 8));
        IsBroken(History.Wrote(1, 0, 1, version: 7).Removed(2, 3).Wrote(1, 4, 5, version: 6));
    }

    [Fact]
    public void A_version_whose_answer_was_lost_is_learned_by_a_read()
    {
        IsFine(History.MayWrite(1, 0).Read(1, 1, 2, version: 4).Swapped(4, 2, 3, 4));
        IsBroken(History.MayWrite(1, 0).Read(1, 1, 2, version: 4).FailedToSwap(4, 3, 4));
    }

    [Fact]
    public void The_key_and_an_operation_that_fits_nowhere_are_named()
    {
        List<KvOperation> history = [Put("a", 1, 0, 1), Put("b", 1, 0, 1), Get("a", 1, 2, 3), Get("b", 2, 2, 3)];

        var result = LinearizabilityChecker.Check(history);

        result.Verdict.ShouldBe(Verdict.NotLinearizable);
        result.Key.ShouldBe("b");
        result.Blocked.ShouldBe(history[3]);
    }

    [Fact]
    public void A_search_that_runs_out_of_steps_decides_nothing()
    {
        var history = History;
        for (var value = 1; value <= 12; value++) history.Wrote(value, 0, 100);
        history.Read(99, 0, 100);

        history.Check(maxSteps: 1000).Verdict.ShouldBe(Verdict.Undecided);
        history.Check().Verdict.ShouldBe(Verdict.NotLinearizable);
    }

    [Fact]
    public void Many_that_nobody_saw_the_end_of_and_that_do_the_same_are_decided_soon()
    {
        var history = History;
        for (var i = 0; i < 40; i++) history.MayCount(i);
        history.Counted(to: 30, 100, 101).Counted(to: 43, 102, 103);

        history.Check(maxSteps: 10_000).Verdict.ShouldBe(Verdict.NotLinearizable);
    }

    [Fact]
    public void An_operation_that_returned_before_it_was_called_is_refused() =>
        Should.Throw<ArgumentException>(() => History.Wrote(1, 5, 4).Check());

    private static void IsFine(HistoryBuilder history) =>
        history.Check().Verdict.ShouldBe(Verdict.Linearizable);

    private static void IsBroken(HistoryBuilder history)
    {
        var result = history.Check();
        result.Verdict.ShouldBe(Verdict.NotLinearizable);
        result.Key.ShouldBe("k");
    }

    private static KvOperation Put(string key, long value, long from, long to) => new()
    {
        Key = key,
        Kind = KvOperationKind.Put,
        CalledAt = from,
        ReturnedAt = to,
        Outcome = KvOutcome.Done,
        Argument = value,
    };

    private static KvOperation Get(string key, long value, long from, long to) => new()
    {
        Key = key,
        Kind = KvOperationKind.Get,
        CalledAt = from,
        ReturnedAt = to,
        Outcome = KvOutcome.Done,
        Value = value,
    };
}
