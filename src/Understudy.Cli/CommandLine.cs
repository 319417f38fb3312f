using System.CommandLine;
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
            DemoCommand.Create(terminal),
        };

        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0 && parsed.Action is not System.CommandLine.Help.HelpAction)
        {
            // The library would print the whole help text; the mistake would scroll away.
            foreach (var message in parsed.Errors.Select(error => error.Message).Distinct())
                await terminal.Error.WriteLineAsync($"understudy: {message}");
            var command = parsed.CommandResult.Command;
            var name = command is RootCommand ? "understudy" : $"understudy {command.Name}";
            await terminal.Error.WriteLineAsync($"Try: {name} --help");
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
}
