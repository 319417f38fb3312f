using System.Globalization;
using Understudy.Kernel;

namespace Understudy;

/// <summary>Reads the keys of one table, and says which are unknown, missing or of the wrong type.</summary>
internal sealed class TableReader
{
    private readonly TomlItem.Table _table;
    private readonly string _shown;
    private readonly ConfigurationProblems _problems;
    private readonly HashSet<string> _guessed = new(StringComparer.Ordinal);

    /// <param name="table">The table.</param>
    /// <param name="shown">How messages name it.</param>
    /// <param name="known">Every key that it may have.</param>
    /// <param name="problems">Where problems go.</param>
    public TableReader(TomlItem.Table table, string shown, string[] known, ConfigurationProblems problems)
    {
        (_table, _shown, _problems) = (table, shown, problems);
        foreach (var (key, item) in table.Items)
        {
            if (known.Contains(key, StringComparer.Ordinal)) continue;
            var guess = Spelling.Nearest(key, known.Where(name => !table.Items.ContainsKey(name)));
            if (guess is not null) _guessed.Add(guess);
            problems.Add(item.Place, $"unknown key \"{key}\" in {shown}",
                guess is null ? $"The keys here are {string.Join(", ", known)}." : $"Did you mean \"{guess}\"?");
        }
    }

    /// <summary>Where the key stands, or the table if it is not there.</summary>
    public Place PlaceOf(string key) => _table.Items.TryGetValue(key, out var item) ? item.Place : _table.Place;

    /// <summary>A string, or null if there is none; a missing one that is required is a problem.</summary>
    public string? Text(string key, string example, bool required)
    {
        if (Scalar(key, "a string") is { } scalar)
        {
            if (scalar.Value is string text) return text;
            WrongType(scalar, key, "a string", $"Write {key} = {example} with the quotes.");
            return null;
        }

        if (required) Missing(key, example);
        return null;
    }

    /// <summary>Whether the key is there and has just this text.</summary>
    public bool IsText(string key, string text) =>
        _table.Items.TryGetValue(key, out var item) && item is TomlItem.Scalar { Value: string value } && value == text;

    /// <summary>A list of strings, or null if there is none.</summary>
    public string[]? Texts(string key, string example)
    {
        if (Scalar(key, "a list") is not { } scalar) return null;
        if (scalar.Value is string[] texts) return texts;
        var wanted = scalar.Kind == "a list" ? "a list of strings only" : "a list of strings";
        WrongType(scalar, key, wanted, $"Write {key} = {example}.");
        return null;
    }

    /// <summary>A duration such as <c>"250ms"</c>, or null if there is none.</summary>
    /// <param name="key">The key.</param>
    /// <param name="example">One, with its quotes.</param>
    /// <param name="isGood">Whether it is one that the key may have.</param>
    /// <param name="meaning">Which those are.</param>
    public TimeSpan? Duration(string key, string example, Func<TimeSpan, bool> isGood, string meaning)
    {
        if (Text(key, example, required: false) is not { } text) return null;
        if (Durations.TryParse(text, out var duration) && isGood(duration)) return duration;
        _problems.Add(PlaceOf(key), $"{key} = \"{Names.Printable(text)}\" in {_shown} is no such time", meaning);
        return null;
    }

    public bool? Truth(string key)
    {
        if (Scalar(key, "true or false") is not { } scalar) return null;
        if (scalar.Value is bool truth) return truth;
        WrongType(scalar, key, "true or false", $"Write {key} = true or {key} = false, without quotes.");
        return null;
    }

    public int? Count(string key, int most) => Count(key, 0, most, "nodes");

    /// <param name="key">The key.</param>
    /// <param name="least">The smallest number that it may be.</param>
    /// <param name="most">The greatest.</param>
    /// <param name="what">What it counts, for the message.</param>
    public int? Count(string key, int least, int most, string what)
    {
        if (Scalar(key, "a whole number") is not { } scalar) return null;
        if (scalar.Value is not long number)
        {
            WrongType(scalar, key, "a whole number", $"Write {key} = 2, for example, without quotes.");
            return null;
        }

        if (number >= least && number <= most) return (int)number;
        _problems.Add(scalar.Place,
            string.Create(CultureInfo.InvariantCulture, $"{key} = {number} in {_shown} is out of range"),
            string.Create(CultureInfo.InvariantCulture, $"It is a number of {what} from {least} to {most}."));
        return null;
    }

    /// <summary>The tables below a key, such as every <c>[node.…]</c>, or none.</summary>
    public IEnumerable<(string Name, TomlItem.Table Table)> Tables(string key, string example)
    {
        if (!_table.Items.TryGetValue(key, out var item)) yield break;
        if (item is not TomlItem.Table parent)
        {
            _problems.Add(item.Place, $"\"{key}\" must be a table", $"Write [{example}] on a line of its own.");
            yield break;
        }

        foreach (var (name, below) in parent.Items)
        {
            if (below is TomlItem.Table table) yield return (name, table);
            else _problems.Add(below.Place, $"\"{name}\" stands directly in [{key}]",
                $"Every {key} has a table with its name: write [{example}] above it.");
        }
    }

    public bool Has(string key) => _table.Items.ContainsKey(key) || _guessed.Contains(key);

    // A misspelt key has its message already: it is not missing as well.
    private void Missing(string key, string example)
    {
        if (_guessed.Contains(key)) return;
        _problems.Add(_table.Place, $"{_shown} has no \"{key}\"", $"Add a line {key} = {example}.");
    }

    private TomlItem.Scalar? Scalar(string key, string wanted)
    {
        if (!_table.Items.TryGetValue(key, out var item)) return null;
        if (item is TomlItem.Scalar scalar) return scalar;
        _problems.Add(item.Place, $"\"{key}\" in {_shown} must be {wanted}, not a table",
            $"Write {key} = … and no table of that name.");
        return new TomlItem.Scalar(item.Place, "", Reported.Instance);
    }

    private void WrongType(TomlItem.Scalar scalar, string key, string wanted, string meaning)
    {
        if (scalar.Value is Reported) return;
        _problems.Add(scalar.Place, $"{key} in {_shown} must be {wanted}, not {scalar.Kind}", meaning);
    }

    // Stands for a value whose problem has been told.
    private sealed class Reported
    {
        public static readonly Reported Instance = new();
    }
}
