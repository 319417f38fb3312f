using Understudy.Kernel;
using Understudy.Membership.Protocol;
using static Understudy.Membership.Tests.Protocol.MembershipMonitorFormationTests;

namespace Understudy.Membership.Tests.Protocol;

/// <summary>A node that hears no quorum of voters (self-suspect) knows nothing of the others.</summary>
public sealed class MembershipMonitorSuspectTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_lone_survivor_of_three_proposes_nothing(int survivor)
    {
        var pump = Formed(3);
        pump.Sent.Clear();
        CrashAllBut(survivor, pump);
        pump.Run(12 * Second);

        pump.Asked<MembershipEffect.NoteProposal>(Cast.Id(survivor)).ShouldBeEmpty();
        pump.Said<MembershipMessage.Prepare>().ShouldBeEmpty();
        pump.Said<MembershipMessage.Accept>().ShouldBeEmpty();
    }

    [Fact]
    public void A_lone_survivor_stays_when_the_others_return()
    {
        var pump = Formed(3);
        CrashAllBut(2, pump);
        pump.Run(12 * Second);
        pump.Start(1, counter: 2);
        pump.Start(3, counter: 2);
        pump.Run(5 * Second);

        var views = pump.ViewsOf(Cast.Id(2));
        views.ShouldAllBe(view => view.Contains("n2#1", StringComparison.Ordinal));
        views[^1].ShouldBe("n1#2 n2#1 n3#2");
    }

    [Fact]
    public void A_survivor_with_one_that_returns_goes_on_without_the_third()
    {
        var pump = Formed(3);
        CrashAllBut(2, pump);
        pump.Run(12 * Second);
        pump.Start(1, counter: 2);
        pump.Run(5 * Second);

        pump.ViewsOf(Cast.Id(2))[^1].ShouldBe("n1#2 n2#1");
    }

    [Fact]
    public void A_proposal_that_is_made_again_is_noted_once()
    {
        var pump = Formed(3);
        pump.Loses = d => d.From != d.To && d.Message is MembershipMessage.Accepted or MembershipMessage.Promise;
        pump.Crash(3);
        pump.Run(5 * Second);

        pump.Said<MembershipMessage.Prepare>(Cast.Id(2)).Count.ShouldBeGreaterThan(10);
        pump.Asked<MembershipEffect.NoteProposal>(Cast.Id(2)).ShouldHaveSingleItem().Change.ShouldBe("without n3#1");
    }

    [Fact]
    public void A_proposal_names_what_the_layer_above_wants_changed()
    {
        var pump = Formed(3);
        pump.Input(1, new MembershipInput.ChangeWanted(new Raise(1)));
        pump.Run(Second);

        pump.Asked<MembershipEffect.NoteProposal>(Cast.Id(1)).ShouldHaveSingleItem().Change
            .ShouldBe("with the version raised");
    }

    private static void CrashAllBut(int survivor, MonitorPump pump)
    {
        for (var node = 1; node <= 3; node++)
        {
            if (node != survivor) pump.Crash(node);
        }
    }
}
