using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Tests.Protocol;

public class OpenAnswersTests
{
    private static readonly MemberId _n1 = Member("n1");
    private static readonly MemberId _n2 = Member("n2");
    private static readonly HttpBounds _atOnce = new(TimeSpan.FromSeconds(5), TimeSpan.Zero);
    private static readonly HttpBounds _draining = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(8));

    private OpenAnswers _core = new(_atOnce);
    private TimeSpan _now;

    [Fact]
    public void An_answer_that_has_begun_is_cut_as_soon_as_the_primary_is_another_or_none()
    {
        Learn(To(_n1, 1));
        Begin(_n1, 1, 1, 2);
        Learn(To(_n1, 2)).ShouldBeEmpty();
        Learn(To(_n2, 3)).ShouldBe([1, 2]);
        _core.Count.ShouldBe(0);

        Begin(_n2, 3, 3);
        Learn(To(null, 3)).ShouldBe([3]);
        Step(new AnswerInput.Ended(3)).ShouldBeEmpty();
    }

    [Fact]
    public void What_has_begun_is_cut_in_the_moment_in_which_the_lease_ends()
    {
        Learn(To(_n1, 1) with { Until = TimeSpan.FromSeconds(1) });
        Begin(_n1, 1, 1);
        _core.NextAt.ShouldBe(TimeSpan.FromSeconds(1));
        TickAt(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1)).ShouldBeEmpty();
        TickAt(TimeSpan.FromSeconds(1)).ShouldBe([1]);
        _core.NextAt.ShouldBeNull();
    }

    [Fact]
    public void What_has_not_begun_has_the_time_for_which_requests_are_held()
    {
        Learn(To(_n1, 1));
        Ask(1, _n1, 1);
        Learn(To(_n2, 2)).ShouldBeEmpty();
        Step(new AnswerInput.Begun(1)).ShouldBeEmpty();
        _core.NextAt.ShouldBe(TimeSpan.FromSeconds(5));
        TickAt(TimeSpan.FromSeconds(5)).ShouldBe([1]);
    }

    [Fact]
    public void One_that_begins_in_that_time_has_the_rest_of_it_whatever_its_node_hears()
    {
        Learn(To(_n1, 1));
        Ask(1, _n1, 1);
        Learn(To(_n2, 2)).ShouldBeEmpty();
        Step(new AnswerInput.Begun(1)).ShouldBeEmpty();
        Learn(To(null, 3)).ShouldBeEmpty();
        Learn(To(_n2, 4) with { Until = TimeSpan.FromSeconds(1) }).ShouldBeEmpty();
        TickAt(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1)).ShouldBeEmpty();
        TickAt(TimeSpan.FromSeconds(5)).ShouldBe([1]);
    }

    [Fact]
    public void One_that_begins_after_the_lease_has_ended_and_before_a_tick_was_waited_for_as_well()
    {
        Learn(To(_n1, 1) with { Until = TimeSpan.FromSeconds(1) });
        Ask(1, _n1, 1);
        _now = TimeSpan.FromSeconds(1);
        Step(new AnswerInput.Begun(1)).ShouldBeEmpty();
        TickAt(TimeSpan.FromSeconds(6)).ShouldBe([1]);
    }

    [Fact]
    public void What_can_be_asked_of_the_next_primary_is_left_at_once()
    {
        Learn(To(_n1, 1));
        Ask(1, _n1, 1, mayBeLeft: true);
        Learn(To(_n2, 2)).ShouldBe([1]);
    }

    [Fact]
    public void A_lease_that_goes_on_and_a_primary_that_comes_back_give_what_has_not_begun_its_time_again()
    {
        Learn(To(_n1, 1) with { Until = TimeSpan.FromSeconds(1) });
        Ask(1, _n1, 1);
        TickAt(TimeSpan.FromSeconds(1)).ShouldBeEmpty();
        Learn(To(_n1, 1));
        TickAt(TimeSpan.FromSeconds(9)).ShouldBeEmpty();
        Learn(To(_n2, 2)).ShouldBeEmpty();
        Learn(To(_n1, 3)).ShouldBeEmpty();
        TickAt(TimeSpan.FromSeconds(20)).ShouldBeEmpty();
    }

    [Fact]
    public void A_node_that_has_heard_less_than_who_said_where_the_primary_is_waits_until_it_has_heard_it()
    {
        Learn(To(_n1, 1));
        Begin(_n2, 2, 1);
        Learn(To(_n2, 2)).ShouldBeEmpty();

        Begin(_n1, 5, 2);
        Learn(To(_n2, 6)).ShouldBe([2]);
        Learn(To(_n2, 6) with { IsUnknown = true, Version = ConfigurationVersion.None }).ShouldBe([1]);
    }

    [Fact]
    public void After_a_switchover_answers_drain_and_after_a_failover_they_do_not()
    {
        _core = new OpenAnswers(_draining);
        Learn(To(_n1, 1));
        Begin(_n1, 1, 1, 2);
        var moved = To(_n2, 2) with { IsPlanned = true };
        Learn(moved).ShouldBeEmpty();
        Step(new AnswerInput.Ended(2)).ShouldBeEmpty();
        Learn(moved with { View = View(2) }).ShouldBeEmpty();
        _core.NextAt.ShouldBe(TimeSpan.FromSeconds(8));
        TickAt(TimeSpan.FromSeconds(8)).ShouldBe([1]);

        Begin(_n2, 2, 3);
        Learn(To(_n1, 3)).ShouldBe([3]);
    }

    [Fact]
    public void An_old_primary_whose_node_is_lost_does_not_drain_on()
    {
        _core = new OpenAnswers(_draining);
        Learn(To(_n1, 1));
        Begin(_n1, 1, 1);
        Learn(To(_n2, 2) with { IsPlanned = true }).ShouldBeEmpty();
        var left = TcpForwardingRun.RouteTo(_n2, 2, TimeSpan.MaxValue, _n2);
        Learn(left with { IsPlanned = true, Version = new ConfigurationVersion(2) }).ShouldBe([1]);
    }

    [Fact]
    public void Whatever_happens_nothing_goes_on_that_a_look_at_all_of_it_would_cut()
    {
        for (var seed = 1UL; seed <= 300; seed++) new OpenAnswersRun(seed).Run();
    }

    private void Begin(MemberId primary, long version, params long[] answers)
    {
        foreach (var answer in answers)
        {
            Ask(answer, primary, version);
            Step(new AnswerInput.Begun(answer)).ShouldBeEmpty();
        }
    }

    private void Ask(long answer, MemberId primary, long version, bool mayBeLeft = false) => Step(
        new AnswerInput.Asked(answer, primary.Node, new ConfigurationVersion(version), mayBeLeft)).ShouldBeEmpty();

    private List<long> Learn(BackendRoute route) => Step(new AnswerInput.Learned(route));

    private List<long> TickAt(TimeSpan now)
    {
        _now = now;
        return Step(AnswerInput.Tick.Instance);
    }

    private List<long> Step(AnswerInput input)
    {
        List<long> cut = [];
        _core.Step(_now, input, cut);
        return cut;
    }

    private static BackendRoute To(MemberId? primary, long version) =>
        TcpForwardingRun.RouteTo(primary, 1, TimeSpan.MaxValue, _n1, _n2) with
        {
            Version = new ConfigurationVersion(version),
        };

    private static Membership.View View(long epoch) =>
        TcpForwardingRun.RouteTo(null, epoch, TimeSpan.MaxValue, _n1, _n2).View!;

    private static MemberId Member(string node) => new(new NodeId(node), new Incarnation(1, 7));
}
