using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Membership.Protocol;
using static Understudy.Membership.Tests.Protocol.MembershipMonitorFormationTests;

namespace Understudy.Membership.Tests.Protocol;

public sealed class MembershipMonitorVotingTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void The_heir_proposes_with_ballot_0_in_one_round_trip()
    {
        var pump = Formed(3);
        pump.ViewOf(1).Heir.ShouldBe(Cast.Id(3));
        pump.Crash(1);
        pump.Run(TimeSpan.FromMilliseconds(50));

        pump.Said<MembershipMessage.Prepare>().ShouldBeEmpty();
        pump.Said<MembershipMessage.Accept>()
            .ShouldAllBe(a => a.Ballot == new Ballot(0, Cast.Id(3)));
        pump.Said<MembershipMessage.Accept>().Count.ShouldBe(2, "one to each voter that lives, itself included");
        pump.ViewOf(2).Epoch.ShouldBe(new Epoch(2));
    }

    [Fact]
    public void Another_voter_proposes_when_the_heir_is_dead()
    {
        var pump = Formed(3);
        pump.Crash(3);
        pump.Run(TimeSpan.FromMilliseconds(100));

        pump.Said<MembershipMessage.Accept>().ShouldNotBeEmpty();
        pump.Said<MembershipMessage.Accept>().ShouldAllBe(a => a.Ballot.Round > 0);
        pump.ViewOf(1).ShouldBe(pump.ViewOf(2));
        pump.ViewOf(1).Heir.ShouldBe(Cast.Id(2));
    }

    [Fact]
    public void Ballot_0_of_anybody_but_the_heir_is_ignored()
    {
        var pump = Formed(3);
        pump.Inject(2, 1, new MembershipMessage.Accept(
            new Epoch(2), new Ballot(0, Cast.Id(2)), Successor(pump.ViewOf(1))));
        pump.Settle();

        pump.Said<MembershipMessage.Accepted>(Cast.Id(1)).ShouldBeEmpty();
    }

    [Fact]
    public void A_question_about_a_decided_instance_is_answered_with_the_latest_view()
    {
        var pump = Formed(3);
        pump.Inject(2, 1, new MembershipMessage.Prepare(new Epoch(1), new Ballot(9, Cast.Id(2))));
        pump.Settle();

        pump.Said<MembershipMessage.Decided>(Cast.Id(1)).ShouldHaveSingleItem().View.ShouldBe(pump.ViewOf(1));
        pump.Said<MembershipMessage.Promise>().ShouldBeEmpty();
    }

    [Fact]
    public void An_accepted_but_unknown_successor_is_driven_to_its_end()
    {
        var pump = Formed(3);
        var successor = Successor(pump.ViewOf(1));
        pump.Inject(3, 1, new MembershipMessage.Accept(new Epoch(2), new Ballot(0, Cast.Id(3)), successor));
        pump.Settle();
        pump.ViewOf(1).Epoch.ShouldBe(new Epoch(1));

        pump.Run(Second);

        for (var node = 1; node <= 3; node++) pump.ViewOf(node).ShouldBe(successor);
    }

    [Fact]
    public void A_successor_accepted_before_a_restart_is_driven_to_its_end()
    {
        var pump = Formed(3);
        var successor = Successor(pump.ViewOf(1));
        pump.Inject(3, 1, new MembershipMessage.Accept(new Epoch(2), new Ballot(0, Cast.Id(3)), successor));
        pump.Settle();
        pump.Crash(1);
        pump.Crash(2);
        pump.Crash(3);
        pump.Start(1, counter: 2);
        pump.Start(2, counter: 2);
        pump.Run(3 * Second);

        pump.ViewOf(1).Epoch.ShouldBeGreaterThan(new Epoch(2));
        new VersionPolicy().VersionOf(pump.ViewOf(1).Attachment).ShouldBe(2, "it was adopted, not passed over");
    }

    [Fact]
    public void A_voter_that_accepted_a_successor_refuses_currency()
    {
        var pump = Formed(3);
        pump.Inject(3, 1, new MembershipMessage.Accept(
            new Epoch(2), new Ballot(0, Cast.Id(3)), Successor(pump.ViewOf(1))));
        pump.Settle();
        pump.Inject(2, 1, new MembershipMessage.CurrencyAsked(17, 1));
        pump.Inject(1, 2, new MembershipMessage.CurrencyAsked(18, 1));
        pump.Settle();

        Answers(pump).ShouldBe([(1, 17, false), (2, 18, true)], ignoreOrder: true);
    }

    [Fact]
    public void A_quorum_confirms_the_latest_version_to_a_member_and_no_other()
    {
        var pump = Formed(3);
        pump.Input(1, new MembershipInput.CurrencyWanted(17, 1));
        pump.Input(1, new MembershipInput.CurrencyWanted(18, 2));
        pump.Input(1, new MembershipInput.CurrencyWanted(19, MembershipMonitor.AnyVersion));
        pump.Settle();

        pump.Asked<MembershipEffect.ConfirmCurrency>().Select(c => c.Token)
            .ShouldBe([17L, 19L]);
    }

    [Fact]
    public void A_minority_confirms_nothing()
    {
        var pump = Formed(3);
        pump.Cut(1, 2);
        pump.Cut(1, 3);
        pump.Input(1, new MembershipInput.CurrencyWanted(17, 1));
        pump.Settle();

        pump.Asked<MembershipEffect.ConfirmCurrency>().ShouldBeEmpty();
    }

    [Fact]
    public void A_disk_that_was_set_back_does_not_vote_and_alarms()
    {
        var pump = Formed(3);
        var old = pump.DiskOf(2).Backup;
        pump.Input(3, new MembershipInput.ChangeWanted(new Raise(1)));
        pump.Run(Second);
        pump.ViewOf(2).Epoch.ShouldBe(new Epoch(2));
        pump.Crash(2);
        pump.DiskOf(2).Backup = old;
        pump.Start(2, counter: 2);
        pump.Run(Second);
        pump.Alarms.ShouldAllBe(alarm => alarm.Node == Cast.Id(2, 2));
        pump.Alarms[0].Text.ShouldStartWith("Node n2 does not vote: n1 has seen 3 of its records, its disk holds 2.");

        var epoch = pump.ViewOf(1).Epoch;
        pump.Crash(3);
        pump.Run(3 * Second);

        pump.Said<MembershipMessage.Promise>(Cast.Id(2, 2)).ShouldBeEmpty();
        pump.Said<MembershipMessage.Accepted>(Cast.Id(2, 2)).ShouldBeEmpty();
        pump.ViewOf(1).Epoch.ShouldBe(epoch, "one vote of three decides nothing");
    }

    [Fact]
    public void A_wanted_change_becomes_part_of_the_next_view()
    {
        var pump = Formed(3);
        pump.Input(1, new MembershipInput.ChangeWanted(new Raise(1)));
        pump.Run(Second);

        for (var node = 1; node <= 3; node++)
        {
            pump.ViewsOf(Cast.Id(node)).Count.ShouldBe(1);
            new VersionPolicy().VersionOf(pump.ViewOf(node).Attachment).ShouldBe(2);
        }
    }

    [Fact]
    public void All_nodes_learn_the_same_views_whatever_messages_are_lost()
    {
        for (var seed = 1UL; seed <= 20; seed++)
        {
            var random = new SeededRandom(seed);
            var pump = Formed(5);
            pump.Loses = _ => random.Chance(0.2);
            pump.Crash(1 + random.Below(5));
            pump.Run(3 * Second);
            pump.Loses = _ => false;
            pump.Run(5 * Second);

            pump.Installed.GroupBy(i => i.View.Epoch)
                .ShouldAllBe(epoch => epoch.Select(i => i.View).Distinct().Count() == 1);
        }
    }

    private static View Successor(View view) => ViewBuilder.Next(view, [], [], new Raise(1), new VersionPolicy());

    private static List<(int Voter, long Token, bool IsCurrent)> Answers(MonitorPump pump) =>
    [
        .. pump.Sent.Where(d => d.Message is MembershipMessage.CurrencyAnswered).Select(d =>
            (d.From.Node.Value[1] - '0', ((MembershipMessage.CurrencyAnswered)d.Message).Token,
                ((MembershipMessage.CurrencyAnswered)d.Message).IsCurrent)),
    ];
}
