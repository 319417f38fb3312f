using Understudy.Protocol;

namespace Understudy.Hosting;

/// <summary>
/// What waits for a node's loop. Never full: messages and completions may not be dropped, and clients' requests are
/// bounded by the gateway that posts them.
/// </summary>
internal sealed class NodeInbox
{
    private readonly object _gate = new();
    private readonly List<NodeInput> _queued = [];

    /// <summary>Adds an input and wakes the loop. Never waits for it.</summary>
    public void Post(NodeInput input)
    {
        lock (_gate)
        {
            _queued.Add(input);
            if (_queued.Count == 1) Monitor.Pulse(_gate);
        }
    }

    /// <summary>
    /// Moves what waits to <paramref name="taken"/>; if nothing does, waits for the first, up to a limit.
    /// </summary>
    public void Take(TimeSpan patience, List<NodeInput> taken)
    {
        lock (_gate)
        {
            // Rounded up: a wait counts whole milliseconds, and the last part of one would be spent in turning round.
            if (_queued.Count == 0 && patience > TimeSpan.Zero)
                Monitor.Wait(_gate, (int)Math.Ceiling(patience.TotalMilliseconds));
            taken.AddRange(_queued);
            _queued.Clear();
        }
    }

    /// <summary>Forgets what waits: it was for an incarnation that has ended.</summary>
    public void Clear()
    {
        lock (_gate) _queued.Clear();
    }
}
