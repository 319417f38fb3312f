namespace Understudy.Client.Protocol;

/// <summary>What to do for a stream now.</summary>
internal abstract record StreamStep
{
    private StreamStep()
    {
    }

    /// <summary>Listen to this node, from after the last event that was taken.</summary>
    internal sealed record Listen(Uri Node, string? LastEventId) : StreamStep;

    /// <summary>Wait so long: all nodes were tried in vain.</summary>
    internal sealed record Pause(TimeSpan Length) : StreamStep;

    /// <summary>Wait until another node is heard of.</summary>
    internal sealed record AwaitNode : StreamStep;
}

/// <summary>
/// Decides for one of a client's two streams which node is listened to. It goes to another one when a stream ends, and
/// pauses when no node had anything to tell.
/// </summary>
/// <param name="mayHearTheOnlyNode">Whether it listens to the only node that is known, as one of the two does.</param>
internal sealed class StreamPlan(bool mayHearTheOnlyNode)
{
    /// <summary>A node that has said nothing for so long is given up; it says something every 5 s.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>A node that takes no connection for so long is given up; also the longest pause.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>The first pause; each further one is twice as long.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    private int _attempt;
    private TimeSpan _pause = FirstPause;
    private bool _hasTold;
    private bool _isToPause;

    /// <summary>The node that is listened to, or was last.</summary>
    public Uri? Heard { get; private set; }

    /// <summary>What to do next.</summary>
    /// <param name="view">What the client knows.</param>
    /// <param name="besides">The node of the other stream: if it hangs, this one hears another.</param>
    public StreamStep Next(ClusterView view, Uri? besides)
    {
        if (_isToPause)
        {
            _isToPause = false;
            var pause = _pause;
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
            return new StreamStep.Pause(pause);
        }

        if (mayHearTheOnlyNode && view.Nodes.Count == 1) besides = null;
        Heard = view.NodeToHear(_attempt, besides);
        return Heard is null ? new StreamStep.AwaitNode() : new StreamStep.Listen(Heard, view.LastEventId);
    }

    /// <summary>The stream has told an event: the node is one to listen to.</summary>
    public void Told() => (_hasTold, _attempt, _pause) = (true, 0, FirstPause);

    /// <summary>The stream has ended, or could not be opened.</summary>
    public void Ended(ClusterView view)
    {
        if (!_hasTold) _isToPause = ++_attempt % view.Nodes.Count == 0;
        _hasTold = false;
    }
}
