using System.Globalization;
using System.Text;
using Understudy.Kernel;
using Understudy.Membership.Protocol;
using Understudy.Membership.Tests.Protocol;

namespace Understudy.Membership.Tests;

/// <summary>How one view follows another, step by step, compared as a whole with a text file.</summary>
public sealed class ViewTranscriptTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly StringBuilder _text = new();
    private TimeSpan _start;

    [Fact]
    public void A_crash_of_a_voter_leads_to_a_view_without_it()
    {
        var pump = Begin("n1, n2 and n3 vote; n3 is the heir. n1 is killed.");
        pump.Crash(1);
        pump.Run(Second);

        ShouldBeScenario("crash.txt");
    }

    [Fact]
    public void A_crash_of_the_heir_costs_a_round_of_promises()
    {
        var pump = Begin("n1, n2 and n3 vote; n3 is the heir. n3 is killed.");
        pump.Crash(3);
        pump.Run(Second);

        ShouldBeScenario("crash-of-heir.txt");
    }

    [Fact]
    public void A_hang_is_noticed_by_silence_and_ends_the_incarnation()
    {
        var pump = Begin("n1, n2 and n3 vote; n3 is the heir. n1 is heard no more, and hears nobody, for a second.");
        pump.Cut(1, 2);
        pump.Cut(1, 3);
        pump.Run(Second);
        pump.Heal();
        pump.Run(Second);

        ShouldBeScenario("hang.txt");
    }

    [Fact]
    public void A_leave_needs_no_evidence_and_leaves_no_fence()
    {
        var pump = Begin("n1, n2 and n3 vote; n3 is the heir. n1 leaves.");
        pump.Input(1, new MembershipInput.LeaveRequested());
        pump.Run(Second);

        ShouldBeScenario("leave.txt");
    }

    [Fact]
    public void A_partial_partition_ends_in_the_best_connected_set()
    {
        var pump = Begin("n1, n2 and n3 vote; n3 is the heir. n1 and n3 do not hear each other; n2 hears both.");
        pump.Cut(1, 3);
        pump.Run(3 * Second);

        ShouldBeScenario("partial-partition.txt");
    }

    private MonitorPump Begin(string title)
    {
        _text.Append(title).Append('\n');
        var pump = MembershipMonitorFormationTests.Formed(3);
        _start = pump.Now;
        pump.Notes = Note;
        return pump;
    }

    private void Note(TimeSpan at, MemberId node, MembershipEffect effect)
    {
        if (Words(node, effect) is not { } words) return;
        var milliseconds = (at - _start).TotalMilliseconds;
        _text.Append(CultureInfo.InvariantCulture, $"{milliseconds,5} ms  {node.Node}  {words}\n");
    }

    /// <summary>All but heartbeats and their answers, and what a node says to itself.</summary>
    private static string? Words(MemberId node, MembershipEffect effect) => effect switch
    {
        MembershipEffect.Probe e => $"probes {e.Peer}",
        MembershipEffect.NoteAccusation e => $"accuses {e.Member}: {e.Evidence}",
        MembershipEffect.NoteProposal e => $"proposes view {e.Epoch}: {e.Change}",
        MembershipEffect.Persist e => $"writes {e.Key}",
        MembershipEffect.Install e => $"installs {e.View}{(e.IsConfirmed ? ", chosen by its own count" : "")}",
        MembershipEffect.Evict e => $"ends: {e.View} is without it",
        MembershipEffect.PassFence e => $"passes the fence of {e.Member}",
        MembershipEffect.Send e when e.To != node && Words(e.Message) is { } words => $"tells {e.To.Node}: {words}",
        _ => null,
    };

    private static string? Words(MembershipMessage message) => message switch
    {
        MembershipMessage.Prepare m => $"prepare {m.Instance} with {m.Ballot}",
        MembershipMessage.Promise m => $"promised {m.Instance} to {m.Ballot}",
        MembershipMessage.Accept m => $"accept {m.View} with {m.Ballot}",
        MembershipMessage.Accepted m => $"accepted {m.Instance} with {m.Ballot}",
        MembershipMessage.Refused m => $"refused {m.Instance} with {m.Ballot}",
        MembershipMessage.Decided m => $"decided {m.View}",
        MembershipMessage.PullView m => $"pulls what follows view {m.From}",
        MembershipMessage.Leave => "leaves",
        _ => null,
    };

    private void ShouldBeScenario(string file)
    {
        var transcript = _text.ToString();
        var expected = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Scenarios", file));
        transcript.Split('\n').ShouldBe(expected.Split('\n'), $"the whole transcript is:\n{transcript}");
    }
}
