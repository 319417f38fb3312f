using System.Text.RegularExpressions;

namespace Understudy.Architecture.Tests;

/// <summary>A method and how many lines it takes, from its first word to its last brace.</summary>
internal readonly record struct Method(string Name, int FirstLine, int Lines);

/// <summary>Finds methods by counting braces; local functions and lambdas are part of the method around them.</summary>
internal static partial class MethodFinder
{
    public static List<Method> Find(string source)
    {
        var code = SourceText.Code(source);
        List<Method> methods = [];
        for (int at = 0, start = -1; at < code.Length; at++)
        {
            if (start < 0)
            {
                at = SkipToMember(code, at);
                if (at == code.Length) break;
                start = at;
            }

            if (code[at] is '(' or '[') at = Close(code, at);
            else if (code[at] == '}') start = -1;
            else if (code[at] == ';') (_, start) = (Take(code, start, at, methods), -1);
            else if (code[at] == '{' && TypeHeader().IsMatch(code[start..at])) start = -1;
            else if (code[at] == '{')
            {
                at = Close(code, at);
                if (GoesOn(code, at)) continue;
                (_, start) = (Take(code, start, at, methods), -1);
            }
        }

        return methods;
    }

    // A block inside an expression, "=> x switch { … };", or a property's value after its accessors.
    private static bool GoesOn(string code, int at) =>
        code.AsSpan(at + 1).TrimStart() is [';' or '=' or '.' or ',', ..];

    private static bool Take(string code, int start, int end, List<Method> methods)
    {
        var header = MethodHeader().Match(code[start..end]);
        if (!header.Success) return false;

        var first = 1 + code.AsSpan(0, start).Count('\n');
        methods.Add(new Method(header.Groups["name"].Value, first, 1 + code.AsSpan(start, end - start).Count('\n')));
        return true;
    }

    /// <summary>The next place that is not white space, an attribute or a directive.</summary>
    private static int SkipToMember(string code, int at)
    {
        while (at < code.Length)
        {
            if (code[at] == '[') at = Close(code, at) + 1;
            else if (code[at] == '#') at = Math.Max(at + 1, code.IndexOf('\n', at));
            else if (char.IsWhiteSpace(code[at])) at++;
            else break;
        }

        return Math.Min(at, code.Length);
    }

    private static int Close(string code, int at)
    {
        for (var depth = 0; at < code.Length; at++)
        {
            if (code[at] is '(' or '[' or '{') depth++;
            if (code[at] is ')' or ']' or '}' && --depth == 0) return at;
        }

        return code.Length - 1;
    }

    [GeneratedRegex(@"^(?:\w+\s+)*(?:class|struct|record|interface|namespace|extension)\b")]
    private static partial Regex TypeHeader();

    // A name and a parameter list, with no "=" before them that would make it a field's value.
    [GeneratedRegex(@"^(?!\s*(?:using|return|await|var)\b)[^=(]*?(?<name>\w+)\s*(?:<[^()]*>)?\(")]
    private static partial Regex MethodHeader();
}
