using Understudy.Protocol;

namespace Understudy.Hosting;

/// <summary>
/// What waits for a node's loop, and who steps it: one thread at a time. Whoever posts takes the loop if nobody has
/// it, so an input need not wait for another thread to wake up; else it is left to whoever has. Never full: messages
/// and completions may not be dropped, and clients' requests are bounded by the gateway that posts them.
/// </summary>
internal sealed class NodeInbox
{
    private readonly object _gate = new();
    private List<NodeInput> _queued = [];
    private bool _isTaken = true;
    private bool _isAwaited;

    /// <summary>Steps the loop on a thread that has taken it, until it gives it back. Set first.</summary>
    public Action Step { get; set; } = static () => { };

    /// <summary>Adds an input, and steps the loop on this thread if nobody does. Not under a lock.</summary>
    public void Post(NodeInput input)
    {
        lock (_gate)
        {
            _queued.Add(input);
            if (_isTaken || _isAwaited) return;
            _isTaken = true;
        }

        Step();
    }

    /// <summary>Adds an input; whoever does is to see to it that the loop is stepped afterwards.</summary>
    public void Add(NodeInput input)
    {
        lock (_gate) _queued.Add(input);
    }

    /// <summary>Steps the loop on this thread, if anything waits and nobody does. Not under a lock.</summary>
    public void Turn()
    {
        lock (_gate)
        {
            if (_isTaken || _isAwaited || _queued.Count == 0) return;
            _isTaken = true;
        }

        Step();
    }

    /// <summary>Adds an input and leaves it to the loop's own thread: for who may hold a lock.</summary>
    public void PostAside(NodeInput input)
    {
        lock (_gate)
        {
            _queued.Add(input);
            if (_isTaken) return; // Whoever has the loop looks again before it gives it back.
            _isAwaited = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Has the loop's own thread take the loop as soon as it can.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            _isAwaited = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>
    /// The loop's own thread takes the loop: when it is wanted, or when its patience ends. It goes before all others.
    /// </summary>
    public void Await(TimeSpan patience)
    {
        lock (_gate)
        {
            // Rounded up: a wait counts whole milliseconds, and the last part of one would be spent in turning round.
            if (!_isAwaited && patience > TimeSpan.Zero)
                Monitor.Wait(_gate, (int)Math.Ceiling(patience.TotalMilliseconds));
            _isAwaited = true;
            while (_isTaken) Monitor.Wait(_gate);
            (_isAwaited, _isTaken) = (false, true);
        }
    }

    /// <summary>Gives whoever has the loop all that waits, in exchange for an empty list.</summary>
    public void Take(ref List<NodeInput> batch)
    {
        batch.Clear();
        lock (_gate) (batch, _queued) = (_queued, batch);
    }

    /// <summary>Gives the loop back, unless more has come meanwhile.</summary>
    /// <param name="isLast">To the loop's own thread, whatever has come.</param>
    /// <returns>True if it is given back.</returns>
    public bool GiveBack(bool isLast)
    {
        lock (_gate)
        {
            _isAwaited |= isLast;
            if (_queued.Count > 0 && !_isAwaited) return false;
            _isTaken = false;
            if (_isAwaited) Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>Forgets what waits: it was for an incarnation that has ended.</summary>
    public void Clear()
    {
        lock (_gate) _queued.Clear();
    }
}
