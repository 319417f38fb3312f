using System.CommandLine;
using Understudy.Contracts;

namespace Understudy.Cli.Commands;

/// <summary><c>understudy hold</c> and <c>resume</c>, of the whole cluster.</summary>
internal static class HoldCommand
{
    public static Command CreateHold(Terminal terminal) => OperationOptions.Add(
        new Command("hold", "Place and move nothing in the whole cluster; only fail over."),
        terminal,
        _ => new CommandDocument { Command = CommandNames.Hold });

    public static Command CreateResume(Terminal terminal) => OperationOptions.Add(
        new Command("resume", "End a hold of the whole cluster."),
        terminal,
        _ => new CommandDocument { Command = CommandNames.Resume });
}
