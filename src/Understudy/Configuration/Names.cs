using Understudy.Kernel;

namespace Understudy;

/// <summary>Checks names and choices of the cluster's file.</summary>
internal static class Names
{
    /// <summary>Whether this may name a node, a service or a cluster.</summary>
    public static bool IsGood(string name) =>
        name.Length is > 0 and <= NodeId.MaxLength &&
        name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    public static bool Check(string name, string what, Place place, ConfigurationProblems problems)
    {
        if (IsGood(name)) return true;
        if (name.Length > NodeId.MaxLength)
            problems.Add(place, $"this {what} has {name.Length} characters: \"{name[..16]}…\"",
                $"The most is {NodeId.MaxLength}.");
        else if (name.Length == 0)
            problems.Add(place, $"this {what} is empty", "Use letters, digits and - _ . only.");
        else
            problems.Add(place, $"\"{Printable(name)}\" is not a {what}", "Use letters, digits and - _ . only.");
        return false;
    }

    /// <summary>The value if it is one of the known ones; else null, with a message.</summary>
    public static string? Choose(string value, string key, string[] known, Place place, ConfigurationProblems problems)
    {
        if (known.Contains(value, StringComparer.Ordinal)) return value;
        var guess = Spelling.Nearest(value, known);
        var all = string.Join(", ", known.Select(each => $"\"{each}\""));
        problems.Add(place, $"there is no {key} \"{Printable(value)}\"",
            (known.Length == 1 ? $"The only one is {all}." : $"They are {all}.") +
            (guess is null ? "" : $" Did you mean \"{guess}\"?"));
        return null;
    }

    /// <summary>The text on one line and not too long, for a message.</summary>
    public static string Printable(string text)
    {
        var line = string.Concat(text.Select(letter => char.IsControl(letter) ? '?' : letter));
        return line.Length <= 100 ? line : line[..100] + "…";
    }
}
