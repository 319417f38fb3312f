using Understudy.Kernel;
using Understudy.Membership.Protocol;
using Understudy.Transport;

namespace Understudy.Membership.Tests.Protocol;

/// <summary>What n1 of three holds against n2, while it hears n3 unless said otherwise.</summary>
public sealed class FailureDetectorTests
{
    private static readonly Profile Lan = Profile.Lan;
    private static readonly View View = Cast.View(3);

    private readonly SortedDictionary<NodeId, Peer> _peers = [];
    private readonly FailureDetector _detector;
    private TimeSpan _now;

    public FailureDetectorTests()
    {
        var options = Cast.Options(3);
        foreach (var node in options.Nodes.Skip(1)) _peers[node.Id] = new Peer(node);
        _detector = new FailureDetector(options, Cast.Id(1), _peers);
        Connect(2);
        Connect(3);
    }

    [Fact]
    public void A_member_that_beats_is_not_accused()
    {
        Pass(10 * Lan.Silence, () => Beat(2), () => Beat(3));
        _detector.Judge(View, _now).ShouldBeEmpty();
    }

    [Fact]
    public void A_member_that_left_is_accused_by_a_node_that_is_late_and_hears_nobody_too()
    {
        _peers[Cast.Node(3)].Disconnected();
        _peers[Cast.Node(2)].Disconnected();
        _detector.Left(Cast.Id(2));
        Pause();

        Judged().ShouldBe([(2, EvidenceClass.Left)]);
        _detector.HasLeft(Cast.Id(2)).ShouldBeTrue();
    }

    [Fact]
    public void A_broken_channel_counts_until_the_same_incarnation_says_Hello_again()
    {
        _detector.Broke(Cast.Id(2));
        Judged().ShouldBe([(2, EvidenceClass.Broken)]);

        Connect(2);

        Judged().ShouldBeEmpty();
        _detector.Accused.ShouldBeEmpty("it is withdrawn");
    }

    [Fact]
    public void A_newer_incarnation_proves_that_the_older_one_is_gone()
    {
        Connect(2, counter: 2);
        Judged().ShouldBe([(2, EvidenceClass.Broken)]);
    }

    [Fact]
    public void A_member_is_silent_once_the_silence_limit_has_passed()
    {
        Pass(Lan.Silence, () => Beat(3));
        Judged().ShouldBeEmpty();

        Pass(Lan.Tick, () => Beat(3));
        Judged().ShouldBe([(2, EvidenceClass.Silent)]);
    }

    [Fact]
    public void A_member_whose_disk_makes_no_progress_for_three_silences_is_stuck_though_it_beats()
    {
        Beat(2, progress: 7, isWaiting: true);
        Pass(3 * Lan.Silence, () => Beat(2, progress: 7, isWaiting: true), () => Beat(3));
        Judged().ShouldBeEmpty();

        Pass(Lan.Tick, () => Beat(2, progress: 7, isWaiting: true), () => Beat(3));
        Judged().ShouldBe([(2, EvidenceClass.Stuck)]);

        Beat(2, progress: 8, isWaiting: true);
        _detector.Judge(View, _now);
        _detector.Accused.ShouldBeEmpty("its disk answers again");
    }

    [Fact]
    public void A_member_with_nothing_to_write_is_not_stuck()
    {
        Pass(10 * Lan.Silence, () => Beat(2, progress: 7), () => Beat(3));
        Judged().ShouldBeEmpty();
    }

    [Fact]
    public void Stronger_evidence_is_news_and_the_same_or_weaker_is_none()
    {
        Pass(Lan.Silence + Lan.Tick, () => Beat(3));
        Judged().ShouldBe([(2, EvidenceClass.Silent)]);
        Judged().ShouldBeEmpty();

        _detector.Broke(Cast.Id(2));
        Judged().ShouldBe([(2, EvidenceClass.Broken)]);

        _detector.Connected(Cast.Id(2));
        Judged().ShouldBeEmpty();
        _detector.AgainstOrNull(Cast.Id(2)).ShouldBe(EvidenceClass.Silent);
    }

    [Fact]
    public void A_late_tick_restarts_all_silence_clocks_and_judges_nobody()
    {
        _detector.Broke(Cast.Id(2));
        Pause();

        _detector.IsLate(_now).ShouldBeTrue();
        Judged().ShouldBeEmpty();
        _detector.Hears(_peers[Cast.Node(3)], _now).ShouldBeTrue();

        Pass(Lan.Heartbeat, () => Beat(3));
        _detector.IsLate(_now).ShouldBeFalse();
        Judged().ShouldBe([(2, EvidenceClass.Broken)]);
    }

    [Fact]
    public void Each_late_tick_lengthens_the_silence_limit_up_to_four_times()
    {
        foreach (var factor in new[] { 2, 3, 4, 4 })
        {
            Pause();
            _detector.Silence.ShouldBe(factor * Lan.Silence);
        }

        Pass(Lan.Silence, () => Beat(3));
        Judged().ShouldBeEmpty("the limit is longer now");
    }

    [Fact]
    public void A_clean_silence_limit_shortens_it_again()
    {
        for (var i = 0; i < 3; i++) Pause();
        foreach (var factor in new[] { 3, 2, 1, 1 })
        {
            Pass(Lan.Silence + Lan.Tick);
            _detector.Silence.ShouldBe(factor * Lan.Silence);
        }
    }

    [Fact]
    public void A_voter_that_hears_no_quorum_is_suspect_itself_and_accuses_nobody()
    {
        _detector.Broke(Cast.Id(2));
        _peers[Cast.Node(2)].Disconnected();
        _peers[Cast.Node(3)].Disconnected();

        _detector.IsSelfSuspect(View, _now).ShouldBeTrue();
        Judged().ShouldBeEmpty();

        Connect(3);
        _detector.IsSelfSuspect(View, _now).ShouldBeFalse();
        Judged().ShouldBe([(2, EvidenceClass.Broken)]);
    }

    [Fact]
    public void A_new_view_settles_what_was_held_against_those_who_are_out_of_it()
    {
        _detector.Broke(Cast.Id(2));
        Judged().ShouldNotBeEmpty();

        _detector.Installed(Cast.View(1));

        _detector.Accused.ShouldBeEmpty();
        Judged().ShouldBeEmpty();
    }

    private List<(int Node, EvidenceClass Evidence)> Judged() =>
    [
        .. _detector.Judge(View, _now)
            .Select(a => (a.Subject.Node == Cast.Node(2) ? 2 : 3, a.Evidence)),
    ];

    private void Connect(int node, ulong counter = 1)
    {
        _peers[Cast.Node(node)].Connected(new PeerIdentity(Cast.Id(node, counter), Cast.Disk(node), null), _now);
        _detector.Connected(Cast.Id(node, counter));
    }

    /// <summary>Time passes in ticks; after each, these happen.</summary>
    private void Pass(TimeSpan time, params Action[] happens)
    {
        for (var end = _now + time; _now < end;)
        {
            _now += Lan.Tick;
            _detector.Tick(_now);
            foreach (var happen in happens) happen();
        }
    }

    /// <summary>The node stands still for a second.</summary>
    private void Pause()
    {
        _now += TimeSpan.FromSeconds(1);
        _detector.Tick(_now);
    }

    private void Beat(int node, long progress = 0, bool isWaiting = false)
    {
        var peer = _peers[Cast.Node(node)];
        peer.LastHeard = _now;
        peer.Beat(
            new MembershipMessage.Heartbeat(
                _now.Ticks, null, Epoch.None, IsMember: true, 0, 0, progress, isWaiting, IsLate: false, [], []),
            _now);
    }
}
