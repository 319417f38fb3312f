using System.CommandLine;

namespace Understudy.Cli.Commands;

/// <summary>What all commands share that ask a running node.</summary>
internal static class AdminCommand
{
    public static Option<string> Http() => new("--http")
    {
        Description = "The http address of any node.",
        HelpName = "ADDRESS",
        Required = true,
    };

    public static Option<bool> Json(string description) => new("--json") { Description = description };

    /// <summary>Asks the node at an address; an address that is none, or a node that is silent, is told.</summary>
    public static async Task<int> RunAsync(Terminal terminal, string address, Func<NodeClient, Task<int>> ask)
    {
        if (NodeClient.Parse(address) is not { } node)
        {
            await terminal.Error.WriteLineAsync(
                $"understudy: --http {address} is not an address and port. Write, for example, --http 127.0.0.1:7201.");
            return ExitCodes.Misused;
        }

        using var client = new NodeClient(node);
        try
        {
            return await ask(client);
        }
        catch (NodeSilentException silent)
        {
            await terminal.Error.WriteLineAsync($"understudy: {silent.Message}");
            return ExitCodes.Failed;
        }
    }
}
