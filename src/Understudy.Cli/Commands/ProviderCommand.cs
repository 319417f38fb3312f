using System.CommandLine;
using Understudy.Contracts;

namespace Understudy.Cli.Commands;

/// <summary><c>understudy provider</c>: says on which nodes a service may have a provider.</summary>
internal static class ProviderCommand
{
    public static Command Create(Terminal terminal) => new("provider", "Add or remove a node's provider of a service.")
    {
        OnNode(terminal, "add", CommandNames.AddProvider, "Let a node have a provider of a service again."),
        OnNode(
            terminal,
            "remove",
            CommandNames.RemoveProvider,
            "Remove a node's provider of a service; a primary is switched over first."),
    };

    private static Command OnNode(Terminal terminal, string name, string asked, string description)
    {
        var service = ServiceCommand.Service();
        var node = NodeOperations.Node();
        return OperationOptions.Add(
            new Command(name, description) { service, node },
            terminal,
            parsed => new CommandDocument
            {
                Command = asked,
                Service = parsed.GetRequiredValue(service),
                Node = parsed.GetRequiredValue(node),
            });
    }
}
