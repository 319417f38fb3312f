using System.Globalization;
using System.Text;
using Understudy.Kernel;
using Understudy.Replication.Protocol;
using Understudy.Replication.Tests.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests;

/// <summary>A service's life, step by step, compared as a whole with a text file.</summary>
public sealed class WriteTranscriptTests
{
    private readonly StringBuilder _text = new();
    private readonly ReplicaPump _pump = ReplicaCommitTests.Three();

    [Fact]
    public void A_write_is_answered_when_all_in_sync_have_it_and_a_lost_secondary_is_replaced()
    {
        _pump.Effects.Clear();
        _text.Append("n1 is the primary in version 1; n2 and n3 are its secondaries.\n");

        _pump.Turn(1, r => r.Submit(Write(1, "a")));
        _pump.Deliver();
        Print("A client writes.");

        _pump.Loses = d => d.From == Id(3) || d.To == Id(3);
        _pump.Turn(1, r => r.Submit(Write(2, "b")));
        _pump.Deliver();
        Print("n3 is lost. A client writes.");

        _pump.Lead(2, 1, 2);
        _pump.Deliver();
        _pump.Turn(1, r => r.Submit(Write(2, "b")));
        _pump.Deliver();
        Print("The RM orders version 2 without n3. The gateway asks again.");

        _pump.Loses = _ => false;
        _pump.Turn(3, r => r.Stand(Version(2)));
        _pump.Turn(1, r => r.BringUp(Providers(3)));
        _pump.Deliver();
        Print("n3 is back, and is brought up.");

        _pump.Turn(1, r => r.Submit(Write(3, "c")));
        _pump.Deliver();
        Print("While n3 is joining, a client writes.");

        _pump.Lead(3, 1, 2, 3);
        _pump.Deliver();
        Print("The RM orders version 3 with n3.");

        ShouldBeScenario("write.txt");
    }

    private void Print(string title)
    {
        _text.Append('\n').Append(title).Append('\n');
        foreach (var (node, effect) in _pump.Effects)
            _text.Append(CultureInfo.InvariantCulture, $"{node.Node}  {Words(node, effect)}\n");
        _pump.Effects.Clear();
    }

    private static string Words(MemberId node, ReplicaEffect effect) => effect switch
    {
        ReplicaEffect.Write e => $"writes {string.Join(", ", e.Writes.Select(Words))}",
        ReplicaEffect.Send e =>
            $"tells {(e.To == node ? "itself" : e.To.Node)}{(e.IsDurable ? ", once it is on disk" : "")}: "
            + Words(e.Message),
        ReplicaEffect.Answer e => $"answers request {e.Id.Number}: {Text(e.Body)}",
        ReplicaEffect.GiveUp e => $"gives request {e.Id.Number} up",
        ReplicaEffect.AskQuorum => "asks the voters whether it is still a member",
        ReplicaEffect.NoteMark e => $"marks {e.Member.Node} joining: from now on it must acknowledge",
        ReplicaEffect.WantInSync e =>
            $"asks the RM to take {e.Provider.Member.Node} {(e.IsIncluded ? "in" : "out")}, in version {e.Version}",
        _ => throw new InvalidOperationException($"Unknown {effect}."),
    };

    private static string Words(ReplicationMessage message) => message switch
    {
        ReplicationMessage.Append m => $"after entry {m.PreviousSequence} of version {m.PreviousVersion} append "
            + $"[{string.Join(' ', m.Entries.Select(e => $"{e.Sequence}={Text(State(e))}"))}]; "
            + $"committed up to {m.Committed}, round {m.Round}, version {m.Version}",
        ReplicationMessage.Appended m =>
            $"{(m.IsMatched ? "has" : "lacks what is after")} {m.Sequence}, round {m.Round}, version {m.Version}",
        _ => throw new InvalidOperationException($"Unknown {message}."),
    };

    private static string Words(StoreWrite write) => write switch
    {
        StoreWrite.AppendEntries e => $"entries [{string.Join(' ', e.Entries.Select(each => each.Sequence))}]",
        StoreWrite.TruncateAfter e => $"nothing after {e.Sequence}",
        _ => write.GetType().Name,
    };

    /// <summary>The letters that are the last of a checkpoint's bytes.</summary>
    private static ReadOnlyMemory<byte> State(LogEntry entry) => entry.Payload[^1..];

    private void ShouldBeScenario(string file)
    {
        var transcript = _text.ToString();
        var expected = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Scenarios", file));
        transcript.Split('\n').ShouldBe(expected.Split('\n'), $"the whole transcript is:\n{transcript}");
    }
}
