using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Simulator.Machines;

/// <summary>
/// An answer outside turns on one of the nodes that it passes through: the primary's, or one that forwards it from
/// there.
/// </summary>
/// <param name="number">Its number on that node.</param>
/// <param name="at">What has it there.</param>
/// <param name="primary">The node of the primary that was asked.</param>
/// <param name="version">The configuration by which that is primary.</param>
/// <param name="mayBeLeft">Whether the next primary can be asked instead, until it begins.</param>
internal sealed class SimulatedAnswer(
    long number, SimulatedAnswers at, NodeId primary, ConfigurationVersion version, bool mayBeLeft)
{
    public long Number => number;

    public SimulatedAnswers At => at;

    public NodeId Primary => primary;

    public ConfigurationVersion Version => version;

    public bool MayBeLeft => mayBeLeft;

    /// <summary>The same answer on the other node that it passes through, if there is one.</summary>
    public SimulatedAnswer? Other { get; set; }

    /// <summary>Whether its client was given something of it.</summary>
    public bool HasBegun { get; set; }

    /// <summary>Whether nothing more of it passes here.</summary>
    public bool IsOver { get; set; }

    /// <summary>
    /// Since when its primary is none as far as this node knows, by the node's own clock, and whether somebody waits
    /// for it since: it had not begun, and nobody else could be asked.
    /// </summary>
    public (TimeSpan Since, bool IsAwaited)? Deposed { get; private set; }

    /// <summary>Whether the node knows that its primary was moved while it was a member, and is one still.</summary>
    public bool IsMoved { get; private set; }

    /// <summary>What is known of its primary now.</summary>
    public void Look(TimeSpan now, bool isOfPrimary, bool isMoved)
    {
        Deposed = isOfPrimary ? null : Deposed ?? (now, !mayBeLeft && !HasBegun);
        IsMoved = isMoved && !isOfPrimary;
    }

    /// <summary>How long it may go on when its primary is none; null while that is the primary.</summary>
    public TimeSpan? GraceOf(HttpBounds bounds)
    {
        if (Deposed is not { } deposed) return null;
        var hold = deposed.IsAwaited ? bounds.Hold : TimeSpan.Zero;
        return IsMoved && bounds.Drain > hold ? bounds.Drain : hold;
    }

    public override string ToString() =>
        $"answer {number} of {primary} in version {version}, {(HasBegun ? "begun" : "not begun")}";
}
