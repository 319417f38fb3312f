using Understudy.Kernel;
using Understudy.Transport;

namespace Understudy.Simulator.Machines;

/// <summary>One direction between two machines: its sender's end of a channel, and what ails the wire.</summary>
internal sealed class Link
{
    /// <summary>True while the sender believes that the channel is up.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Whom the sender shook hands with.</summary>
    public MemberId Peer { get; set; }

    /// <summary>Which channel of this pair of machines the end belongs to.</summary>
    public long Channel { get; set; }

    /// <summary>True while an attempt to connect is due; kept on the link from the lower to the higher index.</summary>
    public bool IsConnecting { get; set; }

    /// <summary>How many faults cut this direction now.</summary>
    public int Cuts { get; set; }

    /// <summary>When the last message arrives, so that later ones do not overtake it.</summary>
    public long LastArrival { get; set; }

    /// <summary>What was sent over a cut and arrives when it is healed.</summary>
    public List<Message> Held { get; } = [];
}
