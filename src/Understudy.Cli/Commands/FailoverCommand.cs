using System.CommandLine;
using Understudy.Cli.Operations;
using Understudy.Contracts;

namespace Understudy.Cli.Commands;

/// <summary><c>understudy failover</c>: moves a service's primary at once, without waiting for the old one.</summary>
internal static class FailoverCommand
{
    public static Command Create(Terminal terminal)
    {
        var service = ServiceCommand.Service();
        var accept = new Option<bool>("--accept-loss")
        {
            Description = "What is in flight may take effect or not. Without this, it is told and nothing is done.",
        };
        var command = new Command(
            "failover", "Move a service's primary at once, without waiting for the old one; see switchover.")
        {
            service, accept,
        };
        return OperationOptions.Add(
            command,
            terminal,
            parsed => new CommandDocument
            {
                Command = CommandNames.Failover,
                Service = parsed.GetRequiredValue(service),
                AcceptLoss = parsed.GetValue(accept),
            },
            document => before => new PrimaryMove(document.Service!, null, before));
    }
}
