using System.Diagnostics;

namespace Understudy.Cli.Operations;

/// <summary>Follows an operation in a node's status until it has ended, and says what it waits for.</summary>
/// <param name="node">The node to ask.</param>
/// <param name="patience">How long to wait for the end.</param>
/// <param name="say">Told what is new.</param>
internal sealed class OperationFollower(NodeClient node, TimeSpan patience, Func<string, Task> say)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>A node hears of what was committed within a moment: what is unseen for so long has ended.</summary>
    private static readonly TimeSpan UnseenFor = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(1);

    private TimeSpan _saidAt = TimeSpan.MinValue;
    private string _said = "";

    public async Task<Progress> UntilEndAsync(IOperationWatch watch, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var progress = await LookAsync(watch, cancellationToken);
            if (progress is Progress.Done or Progress.GivenUp) return progress;
            if (progress is Progress.Unseen && clock.Elapsed > UnseenFor) return new Progress.GivenUp(progress.Text);
            if (clock.Elapsed > patience) return progress;
            if (progress is Progress.UnderWay) await SayAsync(progress.Text, clock.Elapsed);
            await Task.Delay(LookEvery, cancellationToken);
        }
    }

    // The node that is asked may be the one that is moved from, or be busy: its silence is no end.
    private async Task<Progress> LookAsync(IOperationWatch watch, CancellationToken cancellationToken)
    {
        try
        {
            var (_, status) = await node.StatusAsync(cancellationToken);
            return watch.Look(status);
        }
        catch (NodeSilentException silent)
        {
            return new Progress.UnderWay(silent.Message);
        }
    }

    private async Task SayAsync(string text, TimeSpan now)
    {
        if (text == _said || now - SayEvery < _saidAt) return;
        (_said, _saidAt) = (text, now);
        await say(text);
    }
}
