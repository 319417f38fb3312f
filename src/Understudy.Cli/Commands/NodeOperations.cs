using System.CommandLine;
using Understudy.Cli.Operations;
using Understudy.Contracts;

namespace Understudy.Cli.Commands;

/// <summary>What is asked of a node of a running cluster: <c>understudy node drain</c> and others.</summary>
internal static class NodeOperations
{
    public static IEnumerable<Command> Create(Terminal terminal)
    {
        yield return OfNode(
            terminal,
            "drain",
            CommandNames.Drain,
            "Give a node nothing new, and move its services away.",
            document => _ => new NodeDrain(document.Node!));
        yield return OfNode(terminal, "undrain", CommandNames.Undrain, "Let a drained node take part again.", null);
        yield return OfNode(terminal, "release", CommandNames.Release, "Let a quarantined node take part again.", null);
    }

    public static Argument<string> Node() => new("NODE") { Description = "The id of the node in the cluster's file." };

    private static Command OfNode(
        Terminal terminal, string name, string asked, string description, Func<CommandDocument, WatchMaker>? watch)
    {
        var node = Node();
        return OperationOptions.Add(
            new Command(name, description) { node },
            terminal,
            parsed => new CommandDocument { Command = asked, Node = parsed.GetRequiredValue(node) },
            watch);
    }
}
