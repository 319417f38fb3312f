using System.Globalization;
using System.Text;
using Understudy.Kernel;
using Understudy.Selection.Protocol;
using Understudy.Selection.Tests.Protocol;

namespace Understudy.Selection.Tests;

/// <summary>A failover as FIG 4, 6 and 7 have it, step by step, compared as a whole with a text file.</summary>
public sealed class FailoverTranscriptTests
{
    [Fact]
    public void A_failover_of_the_RM_takes_the_steps_of_FIG_4_in_their_order()
    {
        var (pump, view) = PrimarySelectionTests.Served(3, 1, 2, 3);
        pump.Winners.ShouldBe([Cast.Id(3)]);
        pump.Forget();
        pump.Crash(3);
        pump.Install(Cast.Next(view, [3]), isConfirmed: true);

        ShouldBeScenario(Print("The RM's primary was on n3, which dies. n1 and n2 are in sync.", pump), "failover.txt");
    }

    [Fact]
    public void A_surviving_primary_takes_the_other_branch_of_FIG_6()
    {
        var (pump, view) = PrimarySelectionTests.Served(4, 1, 2, 3);
        pump.Forget();
        pump.Crash(2);
        pump.Loses = d => d.From == Cast.Id(4);
        pump.Install(Cast.Next(view, [2]), isConfirmed: true);
        pump.Loses = _ => false;
        pump.Tick(Profile.Lan.Heartbeat);

        ShouldBeScenario(
            Print("The RM's primary is on n3. n2 of n1, n2 and n3 in sync dies. The first answer of n4 is lost.", pump),
            "survivor.txt");
    }

    [Fact]
    public void The_winner_takes_every_step_once_and_in_order()
    {
        var (pump, view) = PrimarySelectionTests.Served(3, 1, 2, 3);
        pump.Forget();
        pump.Crash(3);
        pump.Install(Cast.Next(view, [3]), isConfirmed: true);

        int[] main = [401, 402, 404, 408, 410, 412];
        pump.Asked<SelectionEffect.NoteStep>(Cast.Id(2)).Select(n => n.Step).Where(main.Contains).ShouldBe(main);
    }

    private static void ShouldBeScenario(string transcript, string file)
    {
        var expected = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Scenarios", file));
        transcript.Split('\n').ShouldBe(expected.Split('\n'), $"the whole transcript is:\n{transcript}");
    }

    /// <summary>A line for each step; 406 heads the steps of FIG 6 and 7 that a node takes.</summary>
    private static string Print(string title, SelectionPump pump)
    {
        var text = new StringBuilder().Append(title).Append('\n');
        HashSet<NodeId> disqualifying = [];
        foreach (var (node, effect) in pump.Effects)
        {
            if (effect is not SelectionEffect.NoteStep note) continue;
            var isInside = note.Step >= 600;
            if (isInside && disqualifying.Add(node.Node))
            {
                text.Append(CultureInfo.InvariantCulture, $"{node.Node}  406  the providers disqualify each other\n");
            }

            text.Append(
                CultureInfo.InvariantCulture, $"{node.Node}  {(isInside ? "  " : "")}{note.Step}  {note.What}\n");
        }

        return text.ToString();
    }
}
