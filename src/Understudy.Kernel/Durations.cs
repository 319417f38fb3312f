using System.Globalization;

namespace Understudy.Kernel;

/// <summary>How a duration is written: a number and a unit, such as <c>250ms</c>, <c>1.5s</c> or <c>2h</c>.</summary>
public static class Durations
{
    private static readonly (string Unit, TimeSpan Of)[] s_units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1)),
    ];

    /// <summary>Reads <c>250ms</c>, <c>1.5s</c>, <c>10m</c>, <c>2h</c> or <c>1d</c>; a space may be between.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (var (unit, of) in s_units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal)) continue;
            var number = text[..^unit.Length].TrimEnd();
            const NumberStyles Plain = NumberStyles.AllowDecimalPoint;
            if (!decimal.TryParse(number, Plain, CultureInfo.InvariantCulture, out var count) || count > 1_000_000)
                continue;
            duration = new TimeSpan((long)(count * of.Ticks));
            return true;
        }

        duration = default;
        return false;
    }

    /// <summary>Writes it in the greatest unit of which it has at least one, with up to three decimals.</summary>
    public static string Text(TimeSpan duration)
    {
        var (unit, of) = s_units.LastOrDefault(u => u.Of <= duration.Duration(), s_units[0]);
        return string.Create(CultureInfo.InvariantCulture, $"{duration / of:0.###}{unit}");
    }
}
