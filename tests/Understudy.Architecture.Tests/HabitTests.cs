using System.Text.RegularExpressions;

namespace Understudy.Architecture.Tests;

public partial class HabitTests
{
    private static readonly string[] EmptyNames = ["Common", "Util", "Helper", "Manager"];

    [Fact]
    public void A_file_and_its_folders_are_named_for_what_they_do() => Offences.None(
        from path in Repository.Files(".cs")
        where !Path.GetFileName(path).StartsWith("ReplicaManager", StringComparison.Ordinal) // a word of the glossary
        from word in path.Split('/').SelectMany(WordsOf)
        where EmptyNames.Contains(word)
        select $"{path}: \"{word}\" does not say what it does");

    [Fact]
    public void Nothing_escapes_a_context_that_is_not_there() => NoneSay("ConfigureAwait(false)", under: "");

    [Fact]
    public void No_test_sleeps()
    {
        NoneSay("Thread.Sleep(", under: "tests");
        NoneSay("Task.Delay(", under: "tests");
    }

    [Fact]
    public void Log_messages_stand_in_log_files()
    {
        Offences.None(
            from message in LogMessages()
            where !message.Path.EndsWith(".Log.cs", StringComparison.Ordinal)
            select $"{message.Path} has a log message; it belongs in a .Log.cs file");
    }

    [Fact]
    public void Each_log_message_has_an_event_id_of_its_own()
    {
        Offences.None(
            from message in LogMessages()
            where message.Id.Length == 0
            select $"{message.Path} has a log message without an event id");
        Offences.None(
            from message in LogMessages()
            group message.Path by message.Id into same
            where same.Count() > 1
            select $"event id {same.Key} is used more than once: {string.Join(", ", same)}");
    }

    [Fact]
    public void Every_relative_link_of_a_document_leads_somewhere() => Offences.None(
        from path in Repository.Files(".md")
        from match in Links().Matches(CodeBlocks().Replace(Repository.Read(path), ""))
        let target = match.Groups["target"].Value
        where !target.Contains(':') && !target.StartsWith('#')
        where !Path.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(path)!, target.Split('#')[0]))
        select $"{path} links to {target}, which does not exist");

    private static void NoneSay(string words, string under) => Offences.None(
        from path in Repository.Files(".cs", under)
        where SourceText.Code(Repository.Read(path)).Contains(words, StringComparison.Ordinal)
        select $"{path} says {words}");

    private static IEnumerable<(string Path, string Id)> LogMessages() =>
        from path in Repository.Files(".cs", "src")
        from match in LoggerMessages().Matches(SourceText.Code(Repository.Read(path)))
        select (path, match.Groups["id"].Value);

    // "FailoverHelper.cs" has the words Failover, Helper and cs; "Helpers" counts as "Helper".
    private static IEnumerable<string> WordsOf(string name) =>
        Words().Matches(name).Select(match => match.Value.TrimEnd('s'));

    [GeneratedRegex("[A-Z][a-z]+|[a-z]+")]
    private static partial Regex Words();

    [GeneratedRegex(@"\[LoggerMessage\((?:\s*(?:EventId\s*=\s*)?(?<id>\d+))?")]
    private static partial Regex LoggerMessages();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Links();

    [GeneratedRegex("```.*?```|`[^`\n]*`", RegexOptions.Singleline)]
    private static partial Regex CodeBlocks();
}
