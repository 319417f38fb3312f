using Understudy.Cli;

namespace Understudy.EndToEnd.Tests;

/// <summary>Gives commands to real nodes as an operator does, with the command line of <c>understudy</c>.</summary>
internal static class OperatorLine
{
    /// <summary>Runs a command at a node; it must be done.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> DoAsync(RealNode node, params string[] arguments)
    {
        var (code, said) = await TryAsync(node, arguments);
        code.ShouldBe(ExitCodes.Done, $"{string.Join(' ', arguments)}: {said}");
        return said;
    }

    /// <summary>Runs a command at a node.</summary>
    /// <returns>Its exit code, and what it printed.</returns>
    public static async Task<(int Code, string Said)> TryAsync(RealNode node, params string[] arguments)
    {
        using var output = new StringWriter();
        var terminal = new Terminal(
            output, output, (_, _, _, _) => throw new InvalidOperationException("runs no node"));
        var code = await CommandLine.InvokeAsync([.. arguments, "--http", node.Http.Authority], terminal);
        return (code, output.ToString());
    }
}
