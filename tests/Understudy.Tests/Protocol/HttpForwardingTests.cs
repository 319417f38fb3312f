using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Tests.Protocol;

public class HttpForwardingTests
{
    private static readonly MemberId _n1 = Member("n1", 1);
    private static readonly MemberId _n2 = Member("n2", 1);
    private static readonly HttpBounds _bounds = new(TimeSpan.FromSeconds(5), TimeSpan.Zero);

    private readonly List<HttpEffect> _effects = [];
    private HttpForwarding _core = new(_bounds);
    private TimeSpan _now;

    [Fact]
    public void Requests_are_held_until_there_is_a_primary_and_then_forwarded_in_the_order_in_which_they_came()
    {
        Arrive(1, 2, 3).ShouldBeEmpty();
        _core.HeldCount.ShouldBe(3);
        Learn(To(null)).ShouldBeEmpty();

        Learn(To(_n2)).ShouldBe([Forward(1, _n2), Forward(2, _n2), Forward(3, _n2)]);
        (_core.ForwardedCount, _core.HeldCount).ShouldBe((3, 0));
    }

    [Fact]
    public void A_request_that_waited_too_long_is_refused_and_the_next_at_its_own_time()
    {
        Arrive(1);
        _now = TimeSpan.FromSeconds(1);
        Arrive(2);

        _core.NextAt.ShouldBe(TimeSpan.FromSeconds(5));
        TickAt(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1)).ShouldBeEmpty();
        TickAt(TimeSpan.FromSeconds(5)).ShouldBe([Refuse(1, HttpRefusal.Late)]);
        TickAt(TimeSpan.FromSeconds(6)).ShouldBe([Refuse(2, HttpRefusal.Late)]);
        _core.NextAt.ShouldBeNull();
        _core.Refused.ShouldBe(2);
    }

    [Fact]
    public void When_the_primary_moves_requests_are_cut_and_what_may_be_sent_again_goes_to_the_next()
    {
        Learn(To(_n1));
        Arrive(1, 2);

        Learn(To(_n2)).ShouldBe([new HttpEffect.Cut(1), new HttpEffect.Cut(2)]);
        Step(new HttpInput.Broken(2)).ShouldBe([Forward(2, _n2)]);
        Step(new HttpInput.Ended(1)).ShouldBeEmpty();
        _core.ForwardedCount.ShouldBe(1);
    }

    [Fact]
    public void What_was_taken_back_goes_before_what_came_after_it()
    {
        Learn(To(_n1));
        Arrive(1, 2);
        Learn(To(null)).ShouldBe([new HttpEffect.Cut(1), new HttpEffect.Cut(2)]);
        Arrive(3);
        Step(new HttpInput.NotTaken(2));
        Step(new HttpInput.Broken(1));

        Learn(To(_n2)).ShouldBe([Forward(1, _n2), Forward(2, _n2), Forward(3, _n2)]);
    }

    [Fact]
    public void A_primary_that_was_started_again_is_another_one()
    {
        Learn(To(_n1));
        Arrive(1);
        Learn(To(Member("n1", 2))).ShouldBe([new HttpEffect.Cut(1)]);
    }

    [Fact]
    public void While_the_service_is_frozen_new_requests_wait_and_those_at_the_primary_go_on()
    {
        Learn(To(_n1));
        Arrive(1);
        Learn(To(_n1) with { IsFrozen = true }).ShouldBeEmpty();
        Arrive(2).ShouldBeEmpty();
        Learn(To(_n1)).ShouldBe([Forward(2, _n1)]);
    }

    [Fact]
    public void Everything_is_cut_when_the_lease_ends_and_nothing_is_forwarded_without_one()
    {
        Learn(To(_n1));
        Arrive(1);
        var until = To(_n1).Until;

        _core.NextAt.ShouldBe(until);
        TickAt(until - TimeSpan.FromTicks(1)).ShouldBeEmpty();
        TickAt(until).ShouldBe([new HttpEffect.Cut(1)]);
        TickAt(until).ShouldBeEmpty("it is cut once");
        Arrive(2).ShouldBeEmpty();
        Learn(To(_n1) with { Until = until * 2 }).ShouldBe([Forward(2, _n1)]);
    }

    [Fact]
    public void A_request_that_is_to_be_sent_in_the_moment_in_which_the_lease_ends_is_cut()
    {
        Learn(To(_n1) with { Until = TimeSpan.FromSeconds(1) });
        Arrive(1);
        _now = TimeSpan.FromSeconds(1);

        Step(new HttpInput.Connected(1)).ShouldBe([new HttpEffect.Cut(1)]);
        Step(new HttpInput.NotTaken(1)).ShouldBeEmpty();
        Learn(To(_n1)).ShouldBe([Forward(1, _n1)]);
    }

    [Fact]
    public void An_incarnation_that_has_ended_forwards_nothing()
    {
        Learn(To(_n1));
        Arrive(1);
        Learn(BackendRoute.None).ShouldBe([new HttpEffect.Cut(1)]);
        Arrive(2).ShouldBeEmpty();
    }

    [Fact]
    public void In_a_switchover_requests_drain_until_the_deadline_if_the_service_wants_that()
    {
        _core = new HttpForwarding(_bounds with { Drain = TimeSpan.FromSeconds(2) });
        Learn(To(_n1));
        Arrive(1, 2);
        _now = TimeSpan.FromSeconds(1);

        Learn(To(_n2) with { IsPlanned = true }).ShouldBeEmpty();
        Arrive(3).ShouldBe([Forward(3, _n2)]);
        Step(new HttpInput.Ended(1));
        _core.NextAt.ShouldBe(TimeSpan.FromSeconds(3));
        TickAt(TimeSpan.FromSeconds(3)).ShouldBe([new HttpEffect.Cut(2)]);
    }

    [Fact]
    public void Requests_drain_only_while_the_old_primary_is_a_member_and_not_after_a_failover()
    {
        _core = new HttpForwarding(_bounds with { Drain = TimeSpan.FromSeconds(2) });
        Learn(To(_n1));
        Arrive(1);
        Learn(To(_n2) with { IsPlanned = true }).ShouldBeEmpty();
        Learn(To(_n2, epoch: 2, members: [_n2]) with { IsPlanned = true }).ShouldBe([new HttpEffect.Cut(1)]);

        Arrive(2);
        Learn(To(_n1)).ShouldBe([new HttpEffect.Cut(2)]);
    }

    [Fact]
    public void A_primary_that_comes_back_while_its_requests_drain_keeps_them()
    {
        _core = new HttpForwarding(_bounds with { Drain = TimeSpan.FromSeconds(2) });
        Learn(To(_n1));
        Arrive(1);
        Learn(To(_n2) with { IsPlanned = true }).ShouldBeEmpty();
        _now = TimeSpan.FromSeconds(1);
        Learn(To(_n1) with { IsPlanned = true }).ShouldBeEmpty();

        TickAt(TimeSpan.FromSeconds(2)).ShouldBeEmpty();
        Learn(To(_n2) with { IsPlanned = true }).ShouldBeEmpty();
        TickAt(TimeSpan.FromSeconds(3)).ShouldBeEmpty("the next move grants as much as the first");
        TickAt(TimeSpan.FromSeconds(4)).ShouldBe([new HttpEffect.Cut(1)]);
    }

    [Fact]
    public void A_backend_that_takes_no_connection_is_tried_again_by_one_until_it_takes_one()
    {
        Learn(To(_n1));
        Arrive(1, 2);
        Step(new HttpInput.NotTaken(1)).ShouldBeEmpty();
        Step(new HttpInput.NotTaken(2)).ShouldBeEmpty();
        Arrive(3).ShouldBeEmpty();
        _core.NextAt.ShouldBe(HttpForwarding.RetryAfter);

        TickAt(HttpForwarding.RetryAfter).ShouldBe([Forward(1, _n1)]);
        Step(new HttpInput.Connected(1)).ShouldBe([Forward(2, _n1), Forward(3, _n1)]);
    }

    [Fact]
    public void A_request_that_breaks_its_connection_again_and_again_is_given_up()
    {
        Learn(To(_n1));
        Arrive(1);
        Step(new HttpInput.Broken(1)).ShouldBe([Forward(1, _n1)]);
        Learn(To(_n2)).ShouldBe([new HttpEffect.Cut(1)]);
        Step(new HttpInput.Broken(1)).ShouldBe([Forward(1, _n2)], "being cut does not count");
        Step(new HttpInput.Broken(1)).ShouldBe([Forward(1, _n2)]);
        Step(new HttpInput.Broken(1)).ShouldBe([Refuse(1, HttpRefusal.Broken)]);
    }

    [Fact]
    public void A_request_that_was_sent_and_may_not_be_sent_again_is_told_that_its_outcome_is_not_known()
    {
        Learn(To(_n1));
        Step(new HttpInput.Arrived(1, MayRepeat: false)).ShouldBe([Forward(1, _n1)]);
        Step(new HttpInput.Arrived(2, MayRepeat: false)).ShouldBe([Forward(2, _n1)]);

        Learn(To(_n2)).ShouldBe([new HttpEffect.Cut(1), new HttpEffect.Cut(2)]);
        Step(new HttpInput.NotTaken(1)).ShouldBe([Forward(1, _n2)], "nothing of it was sent");
        Step(new HttpInput.Broken(2)).ShouldBe([Refuse(2, HttpRefusal.Unknown)]);
        Step(new HttpInput.Broken(1)).ShouldBe([Refuse(1, HttpRefusal.Unknown)], "nor when it was not cut");
    }

    [Fact]
    public void When_who_tries_a_backend_again_goes_away_another_one_does()
    {
        Learn(To(_n1));
        Arrive(1, 2);
        Step(new HttpInput.NotTaken(1));
        TickAt(HttpForwarding.RetryAfter).ShouldBe([Forward(1, _n1)]);
        Step(new HttpInput.NotTaken(2)).ShouldBeEmpty();

        _now = HttpForwarding.RetryAfter * 2;
        Step(new HttpInput.Ended(1)).ShouldBe([Forward(2, _n1)]);
    }

    [Fact]
    public void A_request_that_no_program_took_a_connection_for_is_told_so()
    {
        Learn(To(_n1));
        Arrive(1);
        Step(new HttpInput.NotTaken(1));
        Arrive(2);

        TickAt(HttpForwarding.RetryAfter).ShouldBe([Forward(1, _n1)]);
        TickAt(TimeSpan.FromSeconds(5)).ShouldBe([Refuse(2, HttpRefusal.NoConnection)]);
        Step(new HttpInput.NotTaken(1)).ShouldBe([Refuse(1, HttpRefusal.NoConnection)]);
    }

    [Fact]
    public void Held_requests_do_not_wait_for_a_dead_backend_when_there_is_a_new_primary()
    {
        Learn(To(_n1));
        Arrive(1, 2);
        Step(new HttpInput.NotTaken(1));

        Learn(To(_n2)).ShouldBe([new HttpEffect.Cut(2), Forward(1, _n2)]);
        Step(new HttpInput.NotTaken(2)).ShouldBe([Forward(2, _n2)], "the old backend is of no interest");
    }

    [Fact]
    public void Requests_for_a_service_that_does_not_exist_are_refused()
    {
        Arrive(1);
        Learn(new BackendRoute { IsUnknown = true, View = To(null).View, Until = TimeSpan.FromHours(1) })
            .ShouldBe([Refuse(1, HttpRefusal.UnknownService)]);
        Arrive(2).ShouldBe([Refuse(2, HttpRefusal.UnknownService)]);
    }

    [Fact]
    public void Whatever_happens_each_request_comes_to_one_end_and_goes_to_the_primary_only()
    {
        for (ulong seed = 1; seed <= 300; seed++) new HttpForwardingRun(seed).Run();
    }

    private static HttpEffect.Forward Forward(long request, MemberId to) => new(request, to.Node);

    private static HttpEffect.Refuse Refuse(long request, HttpRefusal why) => new(request, why);

    private static BackendRoute To(MemberId? primary, long epoch = 1, MemberId[]? members = null) =>
        ForwardingRun.RouteTo(primary, epoch, TimeSpan.FromMinutes(1), members ?? [_n1, _n2]);

    private static MemberId Member(string node, ulong counter) => new(new NodeId(node), new Incarnation(counter, 7));

    private List<HttpEffect> Arrive(params long[] requests) =>
        [.. requests.SelectMany(request => Step(new HttpInput.Arrived(request, MayRepeat: true)))];

    private List<HttpEffect> Learn(BackendRoute route) => Step(new HttpInput.Learned(route));

    private List<HttpEffect> TickAt(TimeSpan at)
    {
        _now = at;
        return Step(HttpInput.Tick.Instance);
    }

    private List<HttpEffect> Step(HttpInput input)
    {
        _effects.Clear();
        _core.Step(_now, input, _effects);
        return [.. _effects];
    }
}
