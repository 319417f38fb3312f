using System.Globalization;
using Understudy.Contracts;

namespace Understudy.Cli.Demo;

/// <summary>Plain lines, for files, pipes and continuous integration.</summary>
internal sealed class PlainView(TextWriter output) : IDemoView
{
    public bool WantsPictures => false;

    public Task<Summary> ShowAsync(Func<Task<Summary>> work) => work();

    public void Say(string line) => output.WriteLine(line);

    public void Now(string text)
    {
        // What lasts a moment is not worth a line.
    }

    public void Picture(StatusDocument? status, DemoCluster cluster, int acknowledged)
    {
        // Nothing to draw on.
    }

    public void Ended(Round round) => output.WriteLine(Describe(round));

    /// <summary>One line on a failover.</summary>
    public static string Describe(Round round)
    {
        var what = round.Fault.StrikesPrimary()
            ? $"{round.NewPrimary} is primary now"
            : $"{round.NewPrimary} goes on without {round.Victim}";
        var gap = round.GapMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);
        if (round.Phases is not { } phases) return $"  {what}: gap {gap} ms";
        var parts = Phases.Names.Zip(phases.Parts, (name, part) =>
            string.Create(CultureInfo.InvariantCulture, $"{name} {part:0.0}"));
        return $"  {what}: gap {gap} ms (of which {string.Join(", ", parts)})";
    }
}
