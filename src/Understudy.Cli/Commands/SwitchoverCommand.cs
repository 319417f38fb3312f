using System.CommandLine;
using Understudy.Cli.Operations;
using Understudy.Contracts;

namespace Understudy.Cli.Commands;

/// <summary>
/// <c>understudy switchover</c>: moves a service's primary, or the replica manager, losing nothing.
/// </summary>
internal static class SwitchoverCommand
{
    public static Command Create(Terminal terminal)
    {
        var service = new Argument<string>("SERVICE")
        {
            Description = $"The service's name, or {CommandDocument.ReplicaManager} for the replica manager itself.",
        };
        var to = new Option<string?>("--to")
        {
            Description = "The node that takes over; brought up first if need be. Default: the best secondary.",
            HelpName = "NODE",
        };
        var abort = new Option<bool>("--abort")
        {
            Description = "Give the switchover up that is under way, unless its new primary was ordered already.",
        };
        var command = new Command("switchover", "Move a service's primary to another node, losing nothing.")
        {
            service, to, abort,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(abort) && result.GetValue(to) is not null)
                result.AddError("--abort gives a switchover up wherever it goes: it takes no --to.");
        });
        return OperationOptions.Add(
            command,
            terminal,
            parsed => new CommandDocument
            {
                Command = parsed.GetValue(abort) ? CommandNames.Abort : CommandNames.Switchover,
                Service = parsed.GetRequiredValue(service),
                Node = parsed.GetValue(to),
            },
            document => before => document.Service == CommandDocument.ReplicaManager
                ? new RmMove(document.Node, before)
                : new PrimaryMove(document.Service!, document.Node, before));
    }
}
