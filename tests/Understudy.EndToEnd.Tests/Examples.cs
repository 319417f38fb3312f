using System.Text.RegularExpressions;

namespace Understudy.EndToEnd.Tests;

/// <summary>The examples of a page: its indented blocks.</summary>
internal static partial class Examples
{
    private const string Indent = "    ";

    /// <summary>Each block's lines, without the indentation.</summary>
    public static IReadOnlyList<string[]> Of(params string[] page)
    {
        List<string[]> blocks = [];
        List<string> block = [];
        var isAfterBlank = true;
        foreach (var line in File.ReadLines(Repository.PathOf(page)).Append("end"))
        {
            if (line.StartsWith(Indent, StringComparison.Ordinal) && (isAfterBlank || block.Count > 0))
            {
                block.Add(line[Indent.Length..]);
            }
            else if (line.Length > 0 && block.Count > 0)
            {
                blocks.Add([.. block.SkipLast(block[^1].Length == 0 ? 1 : 0)]);
                block = [];
            }
            else if (block.Count > 0)
            {
                block.Add("");
            }

            isAfterBlank = line.Length == 0;
        }

        return blocks;
    }

    /// <summary>The same text, with the addresses of real nodes in place of the page's.</summary>
    public static string At(RealCluster cluster, string text) => PageAddress().Replace(
        text, address => cluster[$"n{address.Groups["node"].Value}"].Http.Authority);

    [GeneratedRegex(@"127\.0\.0\.1:720(?<node>\d)")]
    private static partial Regex PageAddress();
}
