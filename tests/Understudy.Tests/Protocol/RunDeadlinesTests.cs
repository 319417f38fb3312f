using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Tests.Protocol;

public class RunDeadlinesTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromMilliseconds(1000);
    private static readonly TimeSpan Margin = Profile.Lan.WorkerMargin;
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private readonly RunDeadlines _deadlines = new(Profile.Lan);
    private readonly List<long> _cancel = [];
    private readonly List<long> _overdue = [];

    [Fact]
    public void Nothing_is_killed_while_nothing_runs()
    {
        _deadlines.Extend(Lease);

        _deadlines.KillAt.ShouldBeNull();
        _deadlines.NextAt.ShouldBeNull();
    }

    [Fact]
    public void A_run_is_told_to_stop_a_margin_before_the_lease_ends_and_the_process_is_killed_at_its_end()
    {
        Begin(1);

        _deadlines.KillAt.ShouldBe(Lease);
        _deadlines.NextAt.ShouldBe(Lease - Margin);
        TakeDue(Lease - Margin - Tick);
        _cancel.ShouldBeEmpty();
        TakeDue(Lease - Margin);
        _cancel.ShouldBe([1]);
    }

    [Fact]
    public void A_run_that_ignores_it_is_given_up_shortly_before_the_lease_ends()
    {
        Begin(1);
        TakeDue(Lease - Margin);

        TakeDue(Lease - Margin / 4 - Tick);
        _overdue.ShouldBeEmpty();
        TakeDue(Lease - Margin / 4);
        _overdue.ShouldBe([1]);
        _deadlines.NextAt.ShouldBeNull("it is given up once");
        _deadlines.KillAt.ShouldBe(Lease);
    }

    [Fact]
    public void A_lease_that_is_renewed_gives_more_time()
    {
        Begin(1);
        _deadlines.Extend(Lease * 2);
        _deadlines.Extend(Lease);

        TakeDue(Lease);
        _cancel.ShouldBeEmpty();
        _deadlines.KillAt.ShouldBe(Lease * 2);
    }

    [Fact]
    public void A_run_that_was_told_to_stop_while_the_lease_is_renewed_has_as_long_as_a_call()
    {
        Begin(1);
        _deadlines.Cancel(1, Margin);
        _deadlines.Extend(Profile.Lan.CallLimit * 2);

        _deadlines.NextAt.ShouldBe(Margin + Profile.Lan.CallLimit);
        TakeDue(Margin + Profile.Lan.CallLimit);
        _cancel.ShouldBeEmpty();
        _overdue.ShouldBe([1]);
    }

    [Fact]
    public void The_lease_of_the_next_incarnation_gives_a_run_of_the_last_one_no_time()
    {
        Begin(1);
        _deadlines.EndIncarnation(Margin);
        _deadlines.Extend(Lease * 3);
        _deadlines.TryBegin(2, Margin * 2).ShouldBeTrue();

        _deadlines.KillAt.ShouldBe(Lease);
        TakeDue(Lease - Margin / 4);
        _overdue.ShouldBe([1]);
        _deadlines.End(1);
        _deadlines.KillAt.ShouldBe(Lease * 3);
    }

    [Fact]
    public void Nothing_begins_without_a_lease_or_when_it_is_about_to_end()
    {
        _deadlines.TryBegin(1, TimeSpan.Zero).ShouldBeFalse();
        _deadlines.Extend(Lease);
        _deadlines.TryBegin(2, Lease - Margin).ShouldBeFalse();
        _deadlines.KillAt.ShouldBeNull();
        _deadlines.TryBegin(3, Lease - Margin - Tick).ShouldBeTrue();
    }

    [Fact]
    public void A_run_that_has_ended_is_waited_for_no_longer()
    {
        Begin(1);
        _deadlines.End(1);

        _deadlines.KillAt.ShouldBeNull();
        TakeDue(Lease * 2);
        _cancel.ShouldBeEmpty();
        _overdue.ShouldBeEmpty();
    }

    private void Begin(long run)
    {
        _deadlines.Extend(Lease);
        _deadlines.TryBegin(run, TimeSpan.Zero).ShouldBeTrue();
    }

    private void TakeDue(TimeSpan now) => _deadlines.TakeDue(now, _cancel, _overdue);
}
