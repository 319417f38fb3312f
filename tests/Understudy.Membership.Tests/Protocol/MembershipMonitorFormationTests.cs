using Understudy.Kernel;
using Understudy.Membership.Protocol;

namespace Understudy.Membership.Tests.Protocol;

public sealed class MembershipMonitorFormationTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void Blank_voters_form_one_cluster(int voters)
    {
        var pump = new MonitorPump(Cast.Options(voters));
        pump.StartAll();
        pump.Run(Second);

        var all = string.Join(' ', Enumerable.Range(1, voters).Select(i => Cast.Id(i)));
        for (var node = 1; node <= voters; node++)
        {
            pump.ViewsOf(Cast.Id(node)).ShouldBe([all]);
            pump.ViewOf(node).ShouldBe(pump.ViewOf(1));
            pump.Monitor(node).IsMember.ShouldBeTrue();
            pump.Monitor(node).LeaseUntil.ShouldBeGreaterThan(pump.ClockOf(node));
        }
    }

    [Fact]
    public void Nobody_forms_a_cluster_while_one_voter_is_missing()
    {
        var pump = new MonitorPump(Cast.Options(3));
        pump.Start(1);
        pump.Start(2);
        pump.Run(5 * Second);

        pump.Said<MembershipMessage.Prepare>().ShouldBeEmpty();
        pump.Said<MembershipMessage.Accept>().ShouldBeEmpty();
        pump.Start(3);
        pump.Run(Second);
        pump.ViewsOf(Cast.Id(1)).Count.ShouldBe(1);
    }

    [Fact]
    public void A_blank_voter_that_meets_a_formed_one_does_not_form()
    {
        var pump = Formed(3);
        pump.Crash(2);
        pump.Crash(3);
        pump.Start(2, counter: 2, wipe: true);
        pump.Start(3, counter: 2, wipe: true);
        pump.Crash(1);
        pump.Start(1, counter: 2);
        pump.Run(3 * Second);

        pump.Asked<MembershipEffect.JoinCluster>().Select(j => j.Cluster).Distinct()
            .ShouldHaveSingleItem();
        pump.Installed.ShouldAllBe(i => i.View.Epoch == new Epoch(1));
    }

    [Fact]
    public void A_wiped_voter_is_admitted_on_its_new_disk_but_has_no_vote()
    {
        var pump = Formed(3);
        pump.Crash(1);
        pump.Start(1, counter: 2, wipe: true);
        pump.Run(2 * Second);

        var view = pump.ViewOf(1);
        view.ShouldBe(pump.ViewOf(3));
        view.MemberOn(Cast.Node(1))!.Id.ShouldBe(Cast.Id(1, counter: 2));
        view.AcceptorOn(Cast.Node(1))!.Disk.ShouldBe(Cast.Disk(1));
        pump.Said<MembershipMessage.Promise>(Cast.Id(1, 2)).ShouldBeEmpty();
        pump.Said<MembershipMessage.Accepted>(Cast.Id(1, 2)).ShouldBeEmpty();
    }

    [Fact]
    public void A_member_that_does_not_vote_is_admitted_to_the_formed_cluster()
    {
        var pump = new MonitorPump(Cast.Options(3, others: 1));
        pump.StartAll();
        pump.Run(Second);

        pump.ViewOf(4).Members.Length.ShouldBe(4);
        pump.ViewOf(4).Acceptors.Length.ShouldBe(3);
        pump.Monitor(4).LeaseUntil.ShouldBeGreaterThan(pump.ClockOf(4));
    }

    [Fact]
    public void A_promise_or_acceptance_leaves_only_when_it_is_on_disk()
    {
        var pump = new MonitorPump(Cast.Options(3));
        pump.StartAll();
        pump.Run(Second);

        var votes = pump.Asked<MembershipEffect.Send>()
            .Where(s => s.Message is MembershipMessage.Promise or MembershipMessage.Accepted).ToList();
        votes.Count.ShouldBe(6);
        votes.ShouldAllBe(s => s.IsDurable);
    }

    internal static MonitorPump Formed(int voters, int others = 0)
    {
        var pump = new MonitorPump(Cast.Options(voters, others));
        pump.StartAll();
        pump.Run(TimeSpan.FromSeconds(1));
        pump.Installed.Clear();
        pump.Effects.RemoveAll(e => e.Effect is not MembershipEffect.JoinCluster);
        pump.Sent.Clear();
        return pump;
    }
}
