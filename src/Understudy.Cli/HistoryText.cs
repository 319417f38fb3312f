using System.Globalization;
using Understudy.Contracts;

namespace Understudy.Cli;

/// <summary>Writes a history for people.</summary>
internal static class HistoryText
{
    public static string Render(HistoryDocument history)
    {
        if (history.Changes.Count == 0) return "no change is remembered";
        var table = new TextTable("change", "at", "service", "version", "position", "what", "why");
        foreach (var change in history.Changes)
        {
            table.Add(
                change.Number.ToString(CultureInfo.InvariantCulture),
                Time(change.Seconds),
                change.Service ?? "-",
                Versions(change),
                change.Position?.ToString(CultureInfo.InvariantCulture) ?? "-",
                change.What + Phases(change),
                change.Cause);
        }

        return table.ToString().TrimEnd('\n');
    }

    private static string Versions(ChangeDocument change)
    {
        if (change.Version is not { } version) return "-";
        return change.FromVersion is { } from && from != version
            ? string.Create(CultureInfo.InvariantCulture, $"{from} -> {version}")
            : version.ToString(CultureInfo.InvariantCulture);
    }

    private static string Phases(ChangeDocument change) => change.Phases.Count == 0
        ? ""
        : $" ({string.Join(", ", change.Phases.Select(phase => string.Create(
            CultureInfo.InvariantCulture, $"{phase.Name} {phase.Milliseconds:0.0} ms")))})";

    /// <summary>A time of the replica managers, which counts from the cluster's formation.</summary>
    public static string Time(double seconds) =>
        TimeSpan.FromSeconds(seconds).ToString(@"d\.hh\:mm\:ss\.f", CultureInfo.InvariantCulture);
}
