using CsCheck;
using Understudy.Transport.Protocol;

namespace Understudy.Transport.Tests.Protocol;

public class ChannelStateTests
{
    private static readonly PeerIdentity s_first = Samples.Identity("n2", 1);
    private static readonly PeerIdentity s_second = Samples.Identity("n2", 2);

    [Fact]
    public void A_channel_is_up_when_both_connections_with_one_incarnation_stand()
    {
        var state = new ChannelState();
        Step(state, new ChannelInput.OutgoingAccepted(1, s_first)).ShouldBeEmpty();
        Step(state, new ChannelInput.IncomingAccepted(2, s_first))
            .ShouldBe([new ChannelEffect.ChannelUp(s_first, Outgoing: 1, Incoming: 2)]);
        state.Delivering.ShouldBe(2);
    }

    [Fact]
    public void A_peer_that_dials_first_is_dialled_at_once() =>
        Step(new ChannelState(), new ChannelInput.IncomingAccepted(1, s_first))
            .ShouldBe([new ChannelEffect.DialNow()]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_channel_is_lost_when_either_connection_breaks(long broken)
    {
        var state = Up();
        Step(state, new ChannelInput.ConnectionBroken(broken, "EOF")).ShouldBe(
        [
            new ChannelEffect.CloseConnection(1),
            new ChannelEffect.CloseConnection(2),
            new ChannelEffect.ChannelLost(s_first.Member, "EOF"),
        ]);
        Step(state, new ChannelInput.ConnectionBroken(3 - broken, "EOF")).ShouldBeEmpty();
        state.Living.ShouldBeNull();
    }

    [Fact]
    public void A_new_incarnation_ends_the_channel_of_the_old_one()
    {
        var state = Up();
        Step(state, new ChannelInput.IncomingAccepted(3, s_second)).ShouldBe(
        [
            new ChannelEffect.CloseConnection(1),
            new ChannelEffect.CloseConnection(2),
            new ChannelEffect.ChannelLost(s_first.Member, "n2#2 has dialled anew"),
            new ChannelEffect.DialNow(),
        ]);
        Step(state, new ChannelInput.OutgoingAccepted(4, s_second))
            .ShouldBe([new ChannelEffect.ChannelUp(s_second, Outgoing: 4, Incoming: 3)]);
    }

    [Fact]
    public void Who_answers_at_the_registered_address_displaces_who_only_dialled()
    {
        var state = new ChannelState();
        Step(state, new ChannelInput.IncomingAccepted(1, s_first));
        Step(state, new ChannelInput.OutgoingAccepted(2, s_second))
            .ShouldBe([new ChannelEffect.CloseConnection(1)]);
        state.Living.ShouldBe(s_second.Member);
    }

    [Fact]
    public void Nothing_goes_on_after_the_end_of_this_nodes_incarnation()
    {
        var state = Up();
        Step(state, new ChannelInput.IncarnationEnded("evicted")).ShouldContain(
            new ChannelEffect.ChannelLost(s_first.Member, "evicted"));
        state.Living.ShouldBeNull();
    }

    [Fact]
    public void Every_history_alternates_between_up_and_lost_and_forgets_no_connection() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 1]).Array[0, 60].Sample(steps =>
        {
            var state = new ChannelState();
            SortedSet<long> open = [];
            var isUp = false;
            long last = 0;
            foreach (var (kind, which) in steps)
            {
                var peer = which == 0 ? s_first : s_second;
                ChannelInput input = kind switch
                {
                    0 => new ChannelInput.OutgoingAccepted(++last, peer),
                    1 => new ChannelInput.IncomingAccepted(++last, peer),
                    2 => new ChannelInput.ConnectionBroken(Math.Max(1, last - which), "EOF"),
                    _ => new ChannelInput.IncarnationEnded("end"),
                };
                if (kind < 2) open.Add(last);
                foreach (var effect in Step(state, input))
                {
                    switch (effect)
                    {
                        case ChannelEffect.ChannelUp:
                            isUp.ShouldBeFalse();
                            isUp = true;
                            break;
                        case ChannelEffect.ChannelLost:
                            isUp.ShouldBeTrue();
                            isUp = false;
                            break;
                        case ChannelEffect.CloseConnection close:
                            open.Remove(close.Connection).ShouldBeTrue();
                            break;
                    }
                }

                (state.Delivering is not null).ShouldBe(isUp);
                open.Count.ShouldBeLessThanOrEqualTo(2);
                (open.Count == 2).ShouldBe(isUp);
            }
        });

    private static ChannelState Up()
    {
        var state = new ChannelState();
        Step(state, new ChannelInput.OutgoingAccepted(1, s_first));
        Step(state, new ChannelInput.IncomingAccepted(2, s_first));
        return state;
    }

    private static List<ChannelEffect> Step(ChannelState state, ChannelInput input)
    {
        List<ChannelEffect> effects = [];
        state.Step(input, effects);
        return effects;
    }
}
