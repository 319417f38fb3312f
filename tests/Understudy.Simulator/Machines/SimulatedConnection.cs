using Understudy.Kernel;

namespace Understudy.Simulator.Machines;

/// <summary>Where a client's TCP connection stands on the node that took it.</summary>
internal enum ConnectionState
{
    /// <summary>Waits for a backend.</summary>
    Held,

    /// <summary>Waits for the backend to take it.</summary>
    Connecting,

    /// <summary>Bytes are carried both ways.</summary>
    Spliced,
}

/// <summary>One client's TCP connection on the node that took it.</summary>
/// <param name="number">Its place in the order in which they came.</param>
/// <param name="acceptedAt">When it came, by the node's own clock.</param>
internal sealed class SimulatedConnection(long number, TimeSpan acceptedAt)
{
    public long Number => number;

    public TimeSpan AcceptedAt => acceptedAt;

    public ConnectionState State { get; set; }

    /// <summary>The node whose backend it was last to be connected to.</summary>
    public NodeId Target { get; set; }

    /// <summary>The attempt to connect it that was begun last.</summary>
    public long Attempt { get; set; }

    /// <summary>Who was primary when it was spliced.</summary>
    public MemberId Backend { get; set; }

    /// <summary>
    /// Since when its backend is another's, by the node's own clock, and how long it may go on with it.
    /// </summary>
    public (TimeSpan Since, TimeSpan For)? Moved { get; set; }

    public override string ToString() => $"connection {number}, {State}, to {Target}";
}
