using Understudy.Kernel;

namespace Understudy.Simulator.Machines;

/// <summary>Where what a client wants of a service's program stands on the node that took it.</summary>
internal enum PassageState
{
    /// <summary>Waits for a backend.</summary>
    Held,

    /// <summary>Waits for the backend to take it.</summary>
    Connecting,

    /// <summary>Bytes are carried both ways, or the request has been sent.</summary>
    Carried,

    /// <summary>An answer to it has begun.</summary>
    Answering,
}

/// <summary>A client's TCP connection, or request, on its way through a node to a service's program.</summary>
/// <param name="number">Its place in the order in which they came.</param>
/// <param name="cameAt">When it came, by the node's own clock.</param>
internal abstract class Passage(long number, TimeSpan cameAt)
{
    public long Number => number;

    public TimeSpan CameAt => cameAt;

    public PassageState State { get; private set; }

    /// <summary>The node to whose backend it was last to be connected.</summary>
    public NodeId Target { get; private set; }

    /// <summary>Who was primary then.</summary>
    public MemberId? Backend { get; private set; }

    /// <summary>The attempt to connect it that was begun last.</summary>
    public long Attempt { get; private set; }

    /// <summary>
    /// Since when its backend is not the primary's, by the node's own clock, and how long it may go on with it.
    /// </summary>
    public (TimeSpan Since, TimeSpan For)? Moved { get; set; }

    /// <summary>Whether it counts as waiting, and not as being at a backend.</summary>
    public abstract bool IsWaiting { get; }

    /// <summary>Whether anything of it may pass to its backend, or from there.</summary>
    public abstract bool IsOpen { get; }

    /// <summary>It is to be connected to the backend on a node.</summary>
    public virtual void Connect(NodeId target, MemberId? primary, long attempt)
    {
        (State, Target, Backend) = (PassageState.Connecting, target, primary);
        (Attempt, Moved) = (attempt, null);
    }

    /// <summary>Its attempt has come further.</summary>
    public void GoOn(PassageState state) => State = state;

    /// <summary>It waits again, and whatever is said of its last attempt means nothing.</summary>
    public void HoldAgain() => (State, Attempt) = (PassageState.Held, 0);

    public override string ToString() => $"number {Number}, {State}, to {Target}";
}

/// <summary>A client's TCP connection.</summary>
internal sealed class SimulatedConnection(long number, TimeSpan cameAt) : Passage(number, cameAt)
{
    public override bool IsWaiting => State != PassageState.Carried;

    public override bool IsOpen => State == PassageState.Carried;
}

/// <summary>A client's request.</summary>
/// <param name="number">Its place in the order in which they came.</param>
/// <param name="cameAt">When it came, by the node's own clock.</param>
/// <param name="mayRepeat">Whether it may be sent again when its outcome is not known.</param>
internal sealed class SimulatedRequest(long number, TimeSpan cameAt, bool mayRepeat) : Passage(number, cameAt)
{
    public bool MayRepeat => mayRepeat;

    /// <summary>How often it was sent.</summary>
    public int Sent { get; set; }

    /// <summary>Whether it is being taken back from its backend.</summary>
    public bool IsCut { get; set; }

    public override bool IsWaiting => State == PassageState.Held;

    public override bool IsOpen => State != PassageState.Held && !IsCut;

    public override void Connect(NodeId target, MemberId? primary, long attempt)
    {
        base.Connect(target, primary, attempt);
        IsCut = false;
    }
}
