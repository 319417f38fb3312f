using System.Globalization;
using Understudy.Contracts;

namespace Understudy.Cli;

/// <summary>Writes a history for people.</summary>
internal static class HistoryText
{
    public static string Render(HistoryDocument history)
    {
        if (history.Changes.Count == 0) return "no change is remembered";
        var table = new TextTable("change", "at", "service", "version", "what", "why");
        foreach (var change in history.Changes)
        {
            table.Add(
                change.Number.ToString(CultureInfo.InvariantCulture),
                Time(change.Seconds),
                change.Service ?? "-",
                change.Version?.ToString(CultureInfo.InvariantCulture) ?? "-",
                change.What,
                change.Cause);
        }

        return table.ToString().TrimEnd('\n');
    }

    /// <summary>A time of the replica managers, which counts from the cluster's formation.</summary>
    public static string Time(double seconds) =>
        TimeSpan.FromSeconds(seconds).ToString(@"d\.hh\:mm\:ss\.f", CultureInfo.InvariantCulture);
}
