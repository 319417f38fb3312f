using System.CommandLine;

namespace Understudy.Cli.Commands;

/// <summary><c>understudy status</c>: what a node knows of its cluster.</summary>
internal static class StatusCommand
{
    public static Command Create(Terminal terminal)
    {
        var http = AdminCommand.Http();
        var json = AdminCommand.Json("Print the status document as the node sent it.");
        var command = new Command("status", "Show the view, the nodes, the services, and what is not as wanted.")
        {
            http, json,
        };
        command.SetAction((parsed, cancellationToken) => AdminCommand.RunAsync(
            terminal,
            parsed.GetRequiredValue(http),
            async node =>
            {
                var (body, status) = await node.StatusAsync(cancellationToken);
                await terminal.Output.WriteLineAsync(parsed.GetValue(json) ? body : StatusText.Render(status));
                return ExitCodes.Done;
            }));
        return command;
    }
}
