using System.Text;

namespace Understudy.Architecture.Tests;

/// <summary>A small reader of C#: enough to tell code from text, and to find where a method begins and ends.</summary>
internal static class SourceText
{
    /// <summary>The source with comments, strings and characters blanked out, line for line.</summary>
    public static string Code(string source)
    {
        var code = new StringBuilder(source.Length);
        for (var at = 0; at < source.Length;)
        {
            var end = EndOfText(source, at);
            if (end == at)
            {
                code.Append(source[at++]);
                continue;
            }

            for (; at < end; at++) code.Append(source[at] == '\n' ? '\n' : ' ');
        }

        return code.ToString();
    }

    /// <summary>Where the comment, string or character that begins here ends; the place itself if none does.</summary>
    private static int EndOfText(string source, int at)
    {
        var rest = source.AsSpan(at);
        if (rest.StartsWith("//")) return After(source, "\n", at) - 1;
        if (rest.StartsWith("/*")) return After(source, "*/", at + 2);
        if (rest[0] == '\'') return EndOfQuoted(source, at + 1, '\'');
        if (rest[0] != '"') return at;

        var quotes = rest.IndexOfAnyExcept('"');
        if (quotes < 0) quotes = rest.Length;
        if (quotes >= 3) return After(source, new string('"', quotes), at + quotes);

        var before = source.AsSpan(0, at);
        var isVerbatim = before.EndsWith("@") || before.EndsWith("@$");
        return isVerbatim ? EndOfVerbatim(source, at + 1) : EndOfQuoted(source, at + 1, '"');
    }

    private static int After(string source, string mark, int from)
    {
        var found = source.IndexOf(mark, from, StringComparison.Ordinal);
        return found < 0 ? source.Length : found + mark.Length;
    }

    private static int EndOfQuoted(string source, int at, char quote)
    {
        for (; at < source.Length && source[at] != quote && source[at] != '\n'; at++)
            if (source[at] == '\\') at++;
        return Math.Min(at + 1, source.Length);
    }

    private static int EndOfVerbatim(string source, int at)
    {
        for (; at < source.Length; at++)
        {
            if (source[at] != '"') continue;
            if (at + 1 == source.Length || source[at + 1] != '"') return at + 1;
            at++;
        }

        return at;
    }
}
