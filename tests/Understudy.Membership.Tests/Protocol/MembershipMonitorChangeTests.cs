using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Membership.Protocol;
using static Understudy.Membership.Tests.Protocol.MembershipMonitorFormationTests;

namespace Understudy.Membership.Tests.Protocol;

public sealed class MembershipMonitorChangeTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_crash_that_all_report_gives_one_view_without_it_at_once(int crashed)
    {
        var pump = Formed(3);
        pump.Crash(crashed);
        pump.Run(TimeSpan.FromMilliseconds(50));

        foreach (var node in Enumerable.Range(1, 3).Where(i => i != crashed))
        {
            pump.ViewsOf(Cast.Id(node)).ShouldBe([Names(Enumerable.Range(1, 3).Where(i => i != crashed))]);
            pump.ViewOf(node).FloorOf(Cast.Node(crashed)).ShouldBe(1UL);
        }

        pump.Run(3 * Second);
        pump.Installed.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 5)]
    [InlineData(4, 5)]
    public void Two_crashes_of_five_at_once_give_one_view(int one, int other)
    {
        var pump = Formed(5);
        pump.Crash(one);
        pump.Crash(other);
        pump.Run(3 * Second);

        var rest = Enumerable.Range(1, 5).Where(i => i != one && i != other).ToList();
        foreach (var node in rest) pump.ViewsOf(Cast.Id(node)).ShouldBe([Names(rest)]);
    }

    [Fact]
    public void Two_silences_of_five_at_once_give_one_view()
    {
        var pump = Formed(5);
        for (var node = 1; node <= 3; node++)
        {
            pump.Cut(node, 4);
            pump.Cut(node, 5);
        }

        pump.Run(3 * Second);

        for (var node = 1; node <= 3; node++) pump.ViewsOf(Cast.Id(node)).ShouldBe([Names([1, 2, 3])]);
        pump.ViewsOf(Cast.Id(4)).ShouldBeEmpty();
    }

    [Fact]
    public void A_node_that_leaves_is_out_at_once_and_leaves_no_fence()
    {
        var pump = Formed(3);
        pump.Input(1, new MembershipInput.LeaveRequested());
        pump.Run(TimeSpan.FromMilliseconds(50));

        pump.ViewsOf(Cast.Id(2)).ShouldBe([Names([2, 3])]);
        pump.Evicted.ShouldBe([Cast.Id(1)]);
        pump.Monitor(1).LeaseUntil.ShouldBe(TimeSpan.Zero);
        pump.Effects.ShouldContain((Cast.Id(2), new MembershipEffect.PassFence(Cast.Id(1))));
    }

    [Fact]
    public void A_restart_replaces_the_old_incarnation_in_one_view()
    {
        var pump = Formed(3);
        pump.Crash(2);
        pump.Start(2, counter: 2);
        pump.Run(2 * Second);

        var all = $"{Cast.Id(1)} {Cast.Id(2, 2)} {Cast.Id(3)}";
        pump.ViewsOf(Cast.Id(1)).ShouldBe([all]);
        pump.ViewsOf(Cast.Id(3)).ShouldBe([all]);
        pump.ViewsOf(Cast.Id(2, 2)).ShouldBe([all]);
        pump.ViewOf(2).FloorOf(Cast.Node(2)).ShouldBe(1UL);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_stopped_cluster_starts_again_from_its_disks(int voters)
    {
        var pump = Formed(voters);
        var before = pump.ViewOf(1);
        for (var node = 1; node <= voters; node++) pump.Crash(node);
        for (var node = 1; node <= voters; node++) pump.Start(node, counter: 2);
        pump.Run(3 * Second);

        for (var node = 1; node <= voters; node++)
        {
            pump.ViewOf(node).ShouldBe(pump.ViewOf(1));
            pump.ViewOf(node).Cluster.ShouldBe(before.Cluster);
            pump.ViewOf(node).Members.ShouldBe(
                [.. Enumerable.Range(1, voters).Select(i => Cast.Member(i, counter: 2))]);
            pump.Monitor(node).LeaseUntil.ShouldBeGreaterThan(pump.ClockOf(node));
        }
    }

    [Fact]
    public void A_late_node_accuses_nobody()
    {
        var pump = Formed(3);
        pump.Jump(10 * Second);
        pump.Settle();
        pump.Run(3 * Second);

        pump.Installed.ShouldBeEmpty();
        pump.Asked<MembershipEffect.NoteAccusation>().ShouldBeEmpty();
    }

    [Fact]
    public void A_node_that_hears_fewer_voters_than_a_quorum_accuses_nobody()
    {
        var pump = Formed(3);
        pump.Cut(1, 3);
        pump.Cut(2, 3);
        pump.Run(5 * Second);

        pump.Asked<MembershipEffect.NoteAccusation>(Cast.Id(3)).ShouldBeEmpty();
        pump.Effects.ShouldContain(
            (Cast.Id(1), new MembershipEffect.NoteAccusation(Cast.Id(3), EvidenceClass.Silent)));
        pump.Monitor(3).LeaseUntil.ShouldBeLessThan(pump.ClockOf(3));
    }

    [Fact]
    public void A_node_whose_disk_hangs_is_evicted_as_stuck_though_its_heartbeats_come()
    {
        var pump = Formed(3);
        pump.Stalled.Add(2);
        pump.Run(3 * Profile.Lan.Silence - Profile.Lan.Heartbeat);
        pump.Asked<MembershipEffect.NoteAccusation>().ShouldBeEmpty();

        pump.Run(Second);

        pump.Asked<MembershipEffect.NoteAccusation>(Cast.Id(1))
            .ShouldBe([new MembershipEffect.NoteAccusation(Cast.Id(2), EvidenceClass.Stuck)]);
        pump.ViewsOf(Cast.Id(1)).ShouldBe([Names([1, 3])]);
        pump.ViewsOf(Cast.Id(3)).ShouldBe([Names([1, 3])]);
    }

    [Fact]
    public void Nine_voters_outlive_any_four()
    {
        var pump = Formed(9);
        foreach (var node in new[] { 1, 4, 8, 9 }) pump.Crash(node);
        pump.Run(3 * Second);

        int[] rest = [2, 3, 5, 6, 7];
        foreach (var node in rest) pump.ViewsOf(Cast.Id(node)).ShouldBe([Names(rest)]);
    }

    [Fact]
    public void Nine_voters_without_five_agree_on_nothing()
    {
        var pump = Formed(9);
        for (var node = 1; node <= 5; node++) pump.Crash(node);
        pump.Run(3 * Second);

        pump.Installed.ShouldBeEmpty();
        pump.Monitor(9).LeaseUntil.ShouldBeLessThan(pump.ClockOf(9));
    }

    [Fact]
    public void With_a_witness_either_of_two_hosts_goes_on_without_the_other()
    {
        foreach (var crashed in new[] { 1, 2 })
        {
            var pump = FormedWithWitness();
            pump.Crash(crashed);
            pump.Run(Second);

            pump.ViewsOf(Cast.Id(3 - crashed)).ShouldBe([Names([3 - crashed, 3])]);
            pump.ViewOf(3 - crashed).MemberOn(Cast.Node(3))!.Kind.ShouldBe(NodeKind.Witness);
        }
    }

    [Fact]
    public void Two_hosts_go_on_without_their_witness()
    {
        var pump = FormedWithWitness();
        pump.Crash(3);
        pump.Run(Second);

        pump.ViewsOf(Cast.Id(1)).ShouldBe([Names([1, 2])]);
        pump.ViewsOf(Cast.Id(2)).ShouldBe([Names([1, 2])]);
    }

    /// <summary>n1 and n2 host; n3 only votes.</summary>
    private static MonitorPump FormedWithWitness()
    {
        var options = Cast.Options(3);
        var pump = new MonitorPump(
            options with { Nodes = options.Nodes.SetItem(2, new NodeOption(Cast.Node(3), NodeKind.Witness)) });
        pump.StartAll();
        pump.Run(Second);
        pump.Installed.Clear();
        pump.Effects.Clear();
        return pump;
    }

    [Fact]
    public void An_evicted_member_learns_it_and_its_incarnation_ends()
    {
        var pump = Formed(3);
        pump.Cut(1, 3);
        pump.Cut(2, 3);
        pump.Run(2 * Second);
        pump.ViewsOf(Cast.Id(1)).ShouldBe([Names([1, 2])]);
        pump.Evicted.ShouldBeEmpty();

        pump.Heal();
        pump.Run(Second);

        pump.Evicted.ShouldContain(Cast.Id(3));
        pump.Monitor(3).IsMember.ShouldBeFalse();
        pump.Monitor(3).LeaseUntil.ShouldBe(TimeSpan.Zero);
        pump.ViewOf(1).Members.Length.ShouldBe(2, "an evicted incarnation never returns (NoReturn)");
    }

    [Fact]
    public void An_evicted_node_returns_in_a_new_incarnation()
    {
        var pump = Formed(3);
        pump.Crash(3);
        pump.Run(Second);
        pump.Start(3, counter: 2);
        pump.Run(Second);

        pump.ViewsOf(Cast.Id(1)).ShouldBe([Names([1, 2]), $"{Names([1, 2])} {Cast.Id(3, 2)}"]);
    }

    [Fact]
    public void A_fence_ends_when_no_quorum_can_still_have_a_grant_running()
    {
        var pump = Formed(3);
        pump.Crash(3);
        pump.Run(TimeSpan.FromMilliseconds(50));
        pump.Monitor(1).IsFenced(Cast.Id(3)).ShouldBeTrue();

        pump.Run(Profile.Lan.Grant);

        pump.Monitor(1).IsFenced(Cast.Id(3)).ShouldBeFalse();
        pump.Effects.ShouldContain((Cast.Id(1), new MembershipEffect.PassFence(Cast.Id(3))));
    }

    [Fact]
    public void A_voter_whose_link_to_one_of_three_is_cut_stays_with_a_quorum()
    {
        var pump = Formed(3);
        pump.Cut(1, 3);
        pump.Run(4 * Second);

        pump.ViewsOf(Cast.Id(2)).ShouldBe([Names([2, 3])]);
        pump.ViewsOf(Cast.Id(3)).ShouldBe([Names([2, 3])]);
    }

    private static string Names(IEnumerable<int> nodes) => string.Join(' ', nodes.Select(i => Cast.Id(i)));
}
