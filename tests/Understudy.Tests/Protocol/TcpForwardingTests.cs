using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;

namespace Understudy.Tests.Protocol;

public class TcpForwardingTests
{
    private static readonly MemberId _n1 = Member("n1", 1);
    private static readonly MemberId _n2 = Member("n2", 1);
    private static readonly TcpBounds _bounds = new(TimeSpan.FromSeconds(5), 3, 1000, TimeSpan.Zero);

    private readonly List<TcpEffect> _effects = [];
    private TcpForwarding _core = new(_bounds);
    private TimeSpan _now;

    [Fact]
    public void Connections_are_held_until_there_is_a_primary_and_then_connected_in_the_order_in_which_they_came()
    {
        Accept(1, 2, 3).ShouldBeEmpty();
        _core.HeldCount.ShouldBe(3);
        Learn(To(null)).ShouldBeEmpty();

        Learn(To(_n2)).ShouldBe([Connect(1, 1, _n2), Connect(2, 2, _n2), Connect(3, 3, _n2)]);
        Connected(2, 2).ShouldBe([new TcpEffect.Splice(2)]);
        (_core.OpenCount, _core.HeldCount).ShouldBe((1, 2));
    }

    [Fact]
    public void A_connection_that_waited_too_long_is_closed_and_the_next_at_its_own_time()
    {
        Accept(1);
        _now = TimeSpan.FromSeconds(1);
        Accept(2);

        _core.NextAt.ShouldBe(TimeSpan.FromSeconds(5));
        TickAt(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1)).ShouldBeEmpty();
        TickAt(TimeSpan.FromSeconds(5)).ShouldBe([new TcpEffect.Close(1)]);
        TickAt(TimeSpan.FromSeconds(6)).ShouldBe([new TcpEffect.Close(2)]);
        _core.NextAt.ShouldBeNull();
        _core.Refused.ShouldBe(2);
    }

    [Fact]
    public void The_connection_over_the_bound_of_held_ones_is_closed_and_those_before_it_are_not()
    {
        Accept(1, 2, 3).ShouldBeEmpty();
        Accept(4).ShouldBe([new TcpEffect.Close(4)]);
        Learn(To(_n1)).Count.ShouldBe(3);
    }

    [Fact]
    public void More_connections_than_the_bound_are_closed_until_one_has_ended()
    {
        _core = new TcpForwarding(_bounds with { MaxConnections = 1 });
        Open(1, _n1);

        Accept(2).ShouldBe([new TcpEffect.Close(2)]);
        Step(new TcpInput.Ended(1)).ShouldBeEmpty();
        Accept(3).ShouldBe([Connect(3, 2, _n1)]);
    }

    [Fact]
    public void Only_so_many_are_connected_at_a_time()
    {
        _core = new TcpForwarding(_bounds with { MaxHeld = 1000 });
        Accept([.. Enumerable.Range(1, 100).Select(i => (long)i)]);

        Learn(To(_n1)).Count.ShouldBe(TcpForwarding.MaxConnecting);
        Connected(1, 1).ShouldBe([new TcpEffect.Splice(1), Connect(65, 65, _n1)]);
    }

    [Fact]
    public void Open_connections_are_closed_when_the_primary_moves_and_new_ones_go_to_the_next()
    {
        Open(1, _n1);

        Learn(To(_n2)).ShouldBe([new TcpEffect.Close(1)]);
        Accept(2).ShouldBe([Connect(2, 2, _n2)]);
    }

    [Fact]
    public void A_primary_that_has_left_the_view_or_was_started_again_is_another_one()
    {
        Open(1, _n1);
        Learn(To(null)).ShouldBe([new TcpEffect.Close(1)]);

        Open(2, _n1);
        Learn(To(Member("n1", 2))).ShouldBe([new TcpEffect.Close(2)]);
    }

    [Fact]
    public void Nothing_happens_to_open_connections_when_something_else_changes()
    {
        Open(1, _n1);

        Learn(To(_n1, epoch: 2)).ShouldBeEmpty();
        Learn(To(_n1, epoch: 2) with { IsFrozen = true }).ShouldBeEmpty();
        _core.OpenCount.ShouldBe(1);
    }

    [Fact]
    public void New_connections_are_held_while_the_service_is_frozen_even_those_on_their_way()
    {
        Learn(To(_n1));
        Accept(1).ShouldBe([Connect(1, 1, _n1)]);

        Learn(To(_n1) with { IsFrozen = true }).ShouldBeEmpty();
        Connected(1, 1).ShouldBeEmpty("its attempt counts no more");
        Accept(2).ShouldBeEmpty();
        Learn(To(_n2)).ShouldBe([Connect(1, 2, _n2), Connect(2, 3, _n2)]);
    }

    [Fact]
    public void All_is_closed_when_the_lease_ends_and_nothing_is_connected_without_one()
    {
        Open(1, _n1);
        Accept(2).ShouldBe([Connect(2, 2, _n1)]);
        var until = To(_n1).Until;

        _core.NextAt.ShouldBe(TimeSpan.FromSeconds(5), "the second one's deadline is sooner");
        Connected(2, 2);
        _core.NextAt.ShouldBe(until);
        TickAt(until - TimeSpan.FromTicks(1)).ShouldBeEmpty();
        TickAt(until).ShouldBe([new TcpEffect.Close(1), new TcpEffect.Close(2)]);
        Accept(3).ShouldBeEmpty();
        Learn(To(_n1) with { Until = until * 2 }).ShouldBe([Connect(3, 3, _n1)]);
    }

    [Fact]
    public void A_connection_that_is_made_in_the_moment_in_which_the_lease_ends_is_held_again()
    {
        Learn(To(_n1) with { Until = TimeSpan.FromSeconds(1) });
        Accept(1);
        _now = TimeSpan.FromSeconds(1);

        Connected(1, 1).ShouldBeEmpty();
        Learn(To(_n1)).ShouldBe([Connect(1, 2, _n1)]);
    }

    [Fact]
    public void A_lease_that_lasts_longer_keeps_what_is_open()
    {
        Open(1, _n1);
        var until = To(_n1).Until;

        Learn(To(_n1) with { Until = until * 2 });
        TickAt(until).ShouldBeEmpty();
        _core.NextAt.ShouldBe(until * 2);
    }

    [Fact]
    public void An_incarnation_that_has_ended_forwards_nothing()
    {
        Open(1, _n1);
        Learn(BackendRoute.None).ShouldBe([new TcpEffect.Close(1)]);
    }

    [Fact]
    public void In_a_switchover_open_connections_drain_until_the_deadline_if_the_service_wants_that()
    {
        _core = new TcpForwarding(_bounds with { Drain = TimeSpan.FromSeconds(2) });
        Open(1, _n1);
        Open(2, _n1);
        _now = TimeSpan.FromSeconds(1);

        Learn(To(_n2) with { IsPlanned = true }).ShouldBeEmpty();
        Accept(3).ShouldBe([Connect(3, 3, _n2)]);
        Step(new TcpInput.Ended(1));
        Connected(3, 3);
        _core.NextAt.ShouldBe(TimeSpan.FromSeconds(3));
        TickAt(TimeSpan.FromSeconds(3)).ShouldBe([new TcpEffect.Close(2)]);
        _core.OpenCount.ShouldBe(1);
    }

    [Fact]
    public void Connections_drain_only_while_the_old_primary_is_a_member_and_not_after_a_failover()
    {
        _core = new TcpForwarding(_bounds with { Drain = TimeSpan.FromSeconds(2) });
        Open(1, _n1);
        Learn(To(_n2) with { IsPlanned = true }).ShouldBeEmpty();
        Learn(To(_n2, epoch: 2, members: [_n2]) with { IsPlanned = true }).ShouldBe([new TcpEffect.Close(1)]);

        Open(2, _n1);
        Learn(To(_n2)).ShouldBe([new TcpEffect.Close(2)]);
    }

    [Fact]
    public void A_primary_that_comes_back_while_its_connections_drain_keeps_them()
    {
        _core = new TcpForwarding(_bounds with { Drain = TimeSpan.FromSeconds(2) });
        Open(1, _n1);
        Learn(To(_n2) with { IsPlanned = true }).ShouldBeEmpty();
        _now = TimeSpan.FromSeconds(1);
        Learn(To(_n1) with { IsPlanned = true }).ShouldBeEmpty();

        TickAt(TimeSpan.FromSeconds(2)).ShouldBeEmpty();
        Learn(To(_n2) with { IsPlanned = true }).ShouldBeEmpty();
        TickAt(TimeSpan.FromSeconds(3)).ShouldBeEmpty("the next move grants as much as the first");
        TickAt(TimeSpan.FromSeconds(4)).ShouldBe([new TcpEffect.Close(1)]);
    }

    [Fact]
    public void A_node_that_stops_ends_what_it_has_though_its_primary_comes_back()
    {
        _core = new TcpForwarding(_bounds with { Drain = TimeSpan.FromSeconds(2) });
        Open(1, _n1);
        Learn(To(_n2) with { IsPlanned = true }).ShouldBeEmpty();
        _now = TimeSpan.FromSeconds(1);
        Step(new TcpInput.StopRequested()).ShouldBeEmpty();

        Learn(To(_n1) with { IsPlanned = true }).ShouldBeEmpty();
        TickAt(TimeSpan.FromSeconds(3)).ShouldBe([new TcpEffect.Close(1)]);
    }

    [Fact]
    public void A_backend_that_takes_no_connection_is_tried_again_by_one_until_it_takes_one()
    {
        Learn(To(_n1));
        Accept(1, 2);
        Failed(1, 1).ShouldBeEmpty();
        Failed(2, 2).ShouldBeEmpty();
        Accept(3).ShouldBeEmpty();
        _core.NextAt.ShouldBe(TcpForwarding.RetryAfter);

        TickAt(TcpForwarding.RetryAfter).ShouldBe([Connect(1, 3, _n1)]);
        _core.NextAt!.Value.ShouldBeGreaterThan(_now);
        Connected(1, 3).ShouldBe([new TcpEffect.Splice(1), Connect(2, 4, _n1), Connect(3, 5, _n1)]);
    }

    [Fact]
    public void Held_connections_do_not_wait_for_a_dead_backend_when_there_is_a_new_primary()
    {
        Learn(To(_n1));
        Accept(1, 2);
        Failed(1, 1);

        Learn(To(_n2)).ShouldBe([Connect(1, 3, _n2), Connect(2, 4, _n2)]);
        Failed(2, 2).ShouldBeEmpty("what becomes of the earlier attempt means nothing");
        Connected(2, 4).ShouldBe([new TcpEffect.Splice(2)]);
    }

    [Fact]
    public void Connections_of_a_service_that_does_not_exist_are_closed()
    {
        Accept(1);
        Learn(new BackendRoute { IsUnknown = true, View = To(null).View, Until = TimeSpan.FromHours(1) })
            .ShouldBe([new TcpEffect.Close(1)]);
        Accept(2).ShouldBe([new TcpEffect.Close(2)]);
    }

    [Fact]
    public void A_node_that_stops_closes_what_waits_and_lets_the_rest_drain()
    {
        _core = new TcpForwarding(_bounds with { Drain = TimeSpan.FromSeconds(2) });
        Open(1, _n1);
        Accept(2);

        Step(new TcpInput.StopRequested()).ShouldBe([new TcpEffect.Close(2)]);
        Accept(3).ShouldBe([new TcpEffect.Close(3)]);
        TickAt(TimeSpan.FromSeconds(2)).ShouldBe([new TcpEffect.Close(1)]);
    }

    [Fact]
    public void Whatever_happens_each_connection_comes_to_one_end_and_bytes_flow_to_the_primary_only()
    {
        for (ulong seed = 1; seed <= 300; seed++) new TcpForwardingRun(seed).Run();
    }

    private static TcpEffect.Connect Connect(long connection, long attempt, MemberId to) =>
        new(connection, attempt, to.Node);

    private static BackendRoute To(MemberId? primary, long epoch = 1, MemberId[]? members = null) =>
        ForwardingRun.RouteTo(primary, epoch, TimeSpan.FromMinutes(1), members ?? [_n1, _n2]);

    private static MemberId Member(string node, ulong counter) => new(new NodeId(node), new Incarnation(counter, 7));

    private void Open(long connection, MemberId backend)
    {
        Learn(To(backend));
        var attempt = Accept(connection).OfType<TcpEffect.Connect>().Single().Attempt;
        Connected(connection, attempt).ShouldBe([new TcpEffect.Splice(connection)]);
    }

    private List<TcpEffect> Accept(params long[] connections) =>
        [.. connections.SelectMany(connection => Step(new TcpInput.Accepted(connection)))];

    private List<TcpEffect> Learn(BackendRoute route) => Step(new TcpInput.Learned(route));

    private List<TcpEffect> Connected(long connection, long attempt) =>
        Step(new TcpInput.Connected(connection, attempt));

    private List<TcpEffect> Failed(long connection, long attempt) =>
        Step(new TcpInput.ConnectFailed(connection, attempt));

    private List<TcpEffect> TickAt(TimeSpan at)
    {
        _now = at;
        return Step(TcpInput.Tick.Instance);
    }

    private List<TcpEffect> Step(TcpInput input)
    {
        _effects.Clear();
        _core.Step(_now, input, _effects);
        return [.. _effects];
    }
}
