using System.CommandLine;

namespace Understudy.Cli.Commands;

/// <summary><c>understudy history</c>: what replica managers decided lately, and why.</summary>
internal static class HistoryCommand
{
    public static Command Create(Terminal terminal)
    {
        var service = new Option<string?>("--service")
        {
            Description = "Only changes of this service.",
            HelpName = "SERVICE",
        };
        var http = AdminCommand.Http();
        var json = AdminCommand.Json("Print the history as the node sent it.");
        var command = new Command("history", "Show what was changed lately, and why.") { service, http, json };
        command.SetAction((parsed, cancellationToken) => AdminCommand.RunAsync(
            terminal,
            parsed.GetRequiredValue(http),
            async node =>
            {
                var (body, history) = await node.HistoryAsync(parsed.GetValue(service), cancellationToken);
                await terminal.Output.WriteLineAsync(parsed.GetValue(json) ? body : HistoryText.Render(history));
                return ExitCodes.Done;
            }));
        return command;
    }
}
