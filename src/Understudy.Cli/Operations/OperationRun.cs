using Understudy.Contracts;

namespace Understudy.Cli.Operations;

/// <summary>Makes the watch of an operation from the status before it was asked for.</summary>
internal delegate IOperationWatch WatchMaker(StatusDocument before);

/// <summary>Gives one command to a node, follows it if asked to, and tells the operator how it went.</summary>
/// <param name="terminal">Where it is told.</param>
/// <param name="node">The node.</param>
/// <param name="isJson">Whether to print one JSON object at the end, and nothing else.</param>
internal sealed class OperationRun(Terminal terminal, NodeClient node, bool isJson)
{
    /// <param name="command">What is asked for.</param>
    /// <param name="key">Its name, so that it is carried out once.</param>
    /// <param name="watch">How its end is seen, or null if it is not waited for.</param>
    /// <param name="patience">How long to wait for that.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(
        CommandDocument command,
        string key,
        WatchMaker? watch,
        TimeSpan patience,
        CancellationToken cancellationToken)
    {
        var following = watch?.Invoke((await node.StatusAsync(cancellationToken)).Document);
        var (answer, problem) = await node.CommandAsync(command, key, cancellationToken);
        if (problem is not null) return await RefusedAsync(command, key, problem);
        if (following is null || answer!.Outcome == CommandOutcomes.Done)
            return await EndAsync(ExitCodes.Done, answer!.Outcome, answer.Text);
        await SayAsync(answer.Text);
        var end = await new OperationFollower(node, patience, SayAsync).UntilEndAsync(following, cancellationToken);
        return end switch
        {
            Progress.Done => await EndAsync(ExitCodes.Done, "done", end.Text),
            Progress.GivenUp => await EndAsync(ExitCodes.Failed, "givenUp", end.Text),
            _ => await EndAsync(
                ExitCodes.Failed,
                "underWay",
                $"It is still under way after {patience.TotalSeconds:0} s, and goes on: {end.Text}"),
        };
    }

    private Task<int> RefusedAsync(CommandDocument command, string key, ProblemDocument problem)
    {
        var text = problem.Detail ?? problem.Title;
        return problem.Status switch
        {
            400 => EndAsync(ExitCodes.Misused, "misused", text),
            409 when command is { AcceptLoss: false }
                && text.Contains("accept", StringComparison.Ordinal) =>
                EndAsync(ExitCodes.Failed, "refused", $"{text} With --accept-loss it is done."),
            503 => EndAsync(ExitCodes.Failed, "unavailable", $"{text} The key is --key {key}."),
            _ => EndAsync(ExitCodes.Failed, "refused", text),
        };
    }

    private async Task<int> EndAsync(int code, string outcome, string text)
    {
        if (isJson) await terminal.Output.WriteLineAsync(new OperationJson(outcome, text).ToString());
        else if (code == ExitCodes.Done) await terminal.Output.WriteLineAsync(text);
        else await terminal.Error.WriteLineAsync($"understudy: {text}");
        return code;
    }

    private Task SayAsync(string text) => isJson ? Task.CompletedTask : terminal.Output.WriteLineAsync(text);
}
