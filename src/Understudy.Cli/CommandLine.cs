using System.CommandLine;
using System.CommandLine.Parsing;
using Understudy.Cli.Commands;
using Understudy.Cli.Demo;

namespace Understudy.Cli;

/// <summary>The command line of <c>understudy</c>: its commands and what is said when it is not understood.</summary>
internal static class CommandLine
{
    public static async Task<int> InvokeAsync(string[] arguments, Terminal terminal)
    {
        var root = new RootCommand("Understudy keeps services running when the machine under them dies.")
        {
            NodeCommand.Create(terminal),
            DevCommand.Create(terminal),
            StatusCommand.Create(terminal),
            HistoryCommand.Create(terminal),
            ServiceCommand.Create(terminal),
            ProviderCommand.Create(terminal),
            SwitchoverCommand.Create(terminal),
            FailoverCommand.Create(terminal),
            HoldCommand.CreateHold(terminal),
            HoldCommand.CreateResume(terminal),
            DemoCommand.Create(terminal),
        };

        if (arguments.Length == 0)
        {
            await root.Parse(["--help"]).InvokeAsync(new InvocationConfiguration { Output = terminal.Error });
            return ExitCodes.Misused;
        }

        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0 && parsed.Action is not System.CommandLine.Help.HelpAction)
        {
            await ExplainAsync(parsed, terminal);
            return ExitCodes.Misused;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = terminal.Output,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,

            // Signals are ours: a node leaves in order, which may take longer than the library would wait.
            ProcessTerminationTimeout = null,
        });
    }

    // The library would print the whole help text; the mistake would scroll away.
    private static async Task ExplainAsync(ParseResult parsed, Terminal terminal)
    {
        var command = parsed.CommandResult.Command;
        var isGroup = command.Subcommands.Count > 0 && command.Action is null;
        var commands = string.Join(", ", command.Subcommands.Select(each => each.Name));
        var messages = isGroup && parsed.UnmatchedTokens.Count > 0
            ? [$"there is no command {parsed.UnmatchedTokens[0]}: it is one of {commands}.{Meant(parsed)}"]
            : isGroup
                ? [$"say which command: it is one of {commands}."]
                : parsed.Errors.Select(error => error.Message).Distinct();
        foreach (var message in messages) await terminal.Error.WriteLineAsync($"understudy: {message}");
        await terminal.Error.WriteLineAsync($"Try: understudy {Path(parsed.CommandResult)}--help");
    }

    private static string Path(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{Path(parent)}{command.Command.Name} " : "";

    private static string Meant(ParseResult parsed) =>
        Spelling.Nearest(parsed.UnmatchedTokens[0], parsed.CommandResult.Command.Subcommands.Select(each => each.Name))
            is { } near
                ? $" Did you mean {near}?"
                : "";
}
