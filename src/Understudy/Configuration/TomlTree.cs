using System.Diagnostics;
using System.Text.RegularExpressions;
using Tomlyn;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Understudy;

/// <summary>Where something stands in a file, from 1.</summary>
internal readonly record struct Place(int Line, int Column);

/// <summary>A TOML value or table with the place where its key stands.</summary>
internal abstract record TomlItem(Place Place)
{
    /// <summary>A table, by header, by dotted key or inline. Keys in the order of the file.</summary>
    internal sealed record Table(Place Place) : TomlItem(Place)
    {
        public OrderedDictionary<string, TomlItem> Items { get; } = new(StringComparer.Ordinal);

        /// <summary>Whether a header or an inline value has defined it; else only keys below it have.</summary>
        public bool IsDefined { get; set; }
    }

    /// <summary>A string, long, bool or strings; null in <paramref name="Value"/> for what no key takes.</summary>
    internal sealed record Scalar(Place Place, string Kind, object? Value) : TomlItem(Place);
}

/// <summary>
/// Turns TOML text into tables that remember their places. Tomlyn checks the syntax only: duplicates are found here,
/// so that the message can speak of nodes and services.
/// </summary>
internal sealed partial class TomlTree
{
    private readonly ConfigurationProblems _problems;
    private readonly TomlItem.Table _root = new(new Place(1, 1)) { IsDefined = true };

    private TomlTree(ConfigurationProblems problems) => _problems = problems;

    /// <summary>The root table, or null, with a problem, if the text is not TOML.</summary>
    public static TomlItem.Table? Parse(string text, ConfigurationProblems problems)
    {
        DocumentSyntax document;
        try
        {
            document = SyntaxParser.Parse(text, problems.File, validate: false);
        }
        catch (TomlException error)
        {
            var sentence = Sentence(error.Message.Split(". ")[0]);
            problems.Add($"this is not TOML: {sentence}", "Nothing here needs lists in lists.");
            return null;
        }
        catch (ArgumentOutOfRangeException)
        {
            // Tomlyn 2.10.2 fails so on an escape that is cut off by the end of the text or has no character's number.
            problems.Add("this is not TOML: a backslash in double quotes has no valid escape after it",
                "Write \\\\ for a backslash, and close the quotes.");
            return null;
        }

        if (document.Diagnostics.FirstOrDefault(found => found.Kind == DiagnosticMessageKind.Error) is { } first)
        {
            // One mistake makes several diagnostics; the first is the one to mend.
            var sentence = Sentence(first.Message);
            problems.Add(PlaceOf(first.Span), $"this is not TOML: {sentence}", Meaning(sentence));
            return null;
        }

        var tree = new TomlTree(problems);
        foreach (var pair in document.KeyValues) tree.Add(tree._root, "the file", pair);
        foreach (var table in document.Tables) tree.Add(table);
        return tree._root;
    }

    private void Add(TableSyntaxBase syntax)
    {
        if (syntax.Name is not { } name) return;
        var path = Path(name);
        var place = PlaceOf(name.Span);
        var shown = string.Join('.', path);
        if (syntax is TableArraySyntax)
        {
            _problems.Add(place, $"[[{shown}]] is a list of tables", $"Write [{shown}] with single brackets.");
            return;
        }

        if (Descend(_root, path, place) is not { } table) return;
        if (table.IsDefined)
        {
            _problems.Add(place, $"[{shown}] stands in this file twice, first in line {table.Place.Line}",
                path is ["node" or "service", _]
                    ? $"Every {path[0]} needs a name of its own. Was another one meant here?"
                    : "Join the two into one.");
            return;
        }

        table.IsDefined = true;
        foreach (var pair in syntax.Items) Add(table, $"[{shown}]", pair);
    }

    private void Add(TomlItem.Table table, string shown, KeyValueSyntax pair)
    {
        if (pair.Key is null || pair.Value is null) return;
        var path = Path(pair.Key);
        var place = PlaceOf(pair.Key.Span);
        if (Descend(table, path[..^1], place) is not { } parent) return;
        if (parent.Items.TryGetValue(path[^1], out var earlier))
        {
            _problems.Add(place, $"\"{string.Join('.', path)}\" is given twice in {shown}",
                $"Remove one of the two; the first is in line {earlier.Place.Line}.");
            return;
        }

        parent.Items.Add(path[^1], Item(pair.Value, place, shown));
    }

    private TomlItem Item(ValueSyntax value, Place place, string shown)
    {
        switch (value)
        {
            case StringValueSyntax text: return new TomlItem.Scalar(place, "a string", text.Value ?? "");
            case IntegerValueSyntax number: return new TomlItem.Scalar(place, "a number", number.Value);
            case BooleanValueSyntax truth: return new TomlItem.Scalar(place, "true or false", truth.Value);
            case FloatValueSyntax: return new TomlItem.Scalar(place, "a fraction", null);
            case DateTimeValueSyntax: return new TomlItem.Scalar(place, "a date or time", null);
            case ArraySyntax list: return new TomlItem.Scalar(place, "a list", Texts(list));
            case InlineTableSyntax inline:
                var table = new TomlItem.Table(place) { IsDefined = true };
                foreach (var item in inline.Items)
                    if (item.KeyValue is { } pair) Add(table, shown, pair);
                return table;
            default: throw new UnreachableException();
        }
    }

    /// <summary>The texts of a list; null if it has anything else.</summary>
    private static string[]? Texts(ArraySyntax list)
    {
        var values = list.Items.Select(item => item.Value as StringValueSyntax).ToArray();
        return Array.TrueForAll(values, value => value is not null) ? [.. values.Select(v => v!.Value ?? "")] : null;
    }

    private TomlItem.Table? Descend(TomlItem.Table from, string[] path, Place place)
    {
        foreach (var name in path)
        {
            if (!from.Items.TryGetValue(name, out var next))
            {
                next = new TomlItem.Table(place);
                from.Items.Add(name, next);
            }

            if (next is not TomlItem.Table table)
            {
                _problems.Add(place, $"\"{name}\" has a value in line {next.Place.Line} and cannot be a table too",
                    "Remove one of the two.");
                return null;
            }

            from = table;
        }

        return from;
    }

    private static string[] Path(KeySyntax key) =>
        [Name(key.Key), .. key.DotKeys.Select(dotted => Name(dotted.Key))];

    private static string Name(BareKeyOrStringValueSyntax? key) => key switch
    {
        BareKeySyntax bare => bare.Key?.Text ?? "",
        StringValueSyntax quoted => quoted.Value ?? "",
        _ => "",
    };

    private static Place PlaceOf(SourceSpan span) => new(span.Start.Line + 1, span.Start.Column + 1);

    private static string Meaning(string message)
    {
        bool Says(string part) => message.Contains(part, StringComparison.OrdinalIgnoreCase);

        if (Says("for a value")) return "Put text in double quotes: name = \"text\".";
        if (Says("newline in a string")) return "The closing quote is missing.";
        if (Says("parse integer")) return "The number is too large.";
        if (Says("expecting `]`")) return "The closing bracket is missing.";
        if (Says("while expecting token `newline`")) return "Every key stands on a line of its own.";
        return "Every line is a [table], a key = value, or a # comment.";
    }

    private static string Sentence(string message)
    {
        var text = Names.Printable(TokenName().Replace(message, "").ReplaceLineEndings(" ").Trim().TrimEnd('.'));
        return text.Length == 0 ? "unreadable" : char.ToLowerInvariant(text[0]) + text[1..];
    }

    // The parser's own names of its tokens, which mean nothing to a user.
    [GeneratedRegex(" \\(token: `[^`]*`\\)")]
    private static partial Regex TokenName();
}
