using System.Globalization;
using System.Text;

namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>What a storm was, in lines for people.</summary>
internal static class StormReport
{
    private const int MostProblems = 40;

    public static string Of(StormLedger ledger, IReadOnlyList<StormFault> made, long lost, long duplicated)
    {
        var text = new StringBuilder();
        var answers = ledger.Answers;
        Line($"{answers.Values.Sum()} operations in {ledger.Now.TotalSeconds:0} s "
            + $"({string.Join(", ", answers.Select(way => $"{way.Key} {way.Value}"))}), "
            + $"the longest took {ledger.Longest.TotalMilliseconds:0} ms");
        Line($"{made.Count} faults; the longest operation that ended before all was whole again, p50 and max:");
        foreach (var kind in made.GroupBy(fault => fault.Kind).OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            var gaps = answers.Keys.Select(way => Gaps(way, [.. kind.Select(fault => Longest(fault, way)).Order()]));
            Line($"  {kind.Key,-24} {kind.Count(),3} times  {string.Join("  ", gaps)}");
        }

        Line($"lost {lost}, duplicated {duplicated}, errors {ledger.Problems.Count}; "
            + $"of changes without a key {ledger.Cuts} were cut with the node that was asked, and of those to programs "
            + $"that know none {ledger.Unknown} by the program's node, and answered by 502");
        foreach (var problem in ledger.Problems.Take(MostProblems)) Line(problem);
        return text.ToString();

        void Line(string line) => text.Append(line).Append('\n');
    }

    private static double Longest(StormFault fault, string way) =>
        fault.Longest.GetValueOrDefault(way).TotalMilliseconds;

    private static string Gaps(string way, double[] sorted) => string.Create(
        CultureInfo.InvariantCulture, $"{way} {sorted[(sorted.Length - 1) / 2],6:0} {sorted[^1],6:0} ms");
}
