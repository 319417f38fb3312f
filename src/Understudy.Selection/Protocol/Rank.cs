using Understudy.Kernel;

namespace Understudy.Selection.Protocol;

/// <summary>
/// What is compared to choose a primary (steps 612-614, 702-706), frozen by sealing. The patent's order primary,
/// secondary, spare is its leading part; ties are impossible, as a node id is in a view once.
/// </summary>
/// <param name="IsInSync">Whether the node's disk is in the in-sync set of the version.</param>
/// <param name="PrimaryEpoch">
/// The version in which it is the undeposed, activated primary; none outside the set. A copy that the view prefers
/// takes part as the primary of the version itself, before any that was primary in an older one.
/// </param>
/// <param name="ReplicaEpoch">The version of the last checkpoint in its log.</param>
/// <param name="LastSequence">The number of that checkpoint.</param>
/// <param name="Priority">Configured preference; higher wins.</param>
/// <param name="Node">Last resort.</param>
public readonly record struct Rank(
    bool IsInSync,
    ConfigurationVersion PrimaryEpoch,
    ConfigurationVersion ReplicaEpoch,
    long LastSequence,
    int Priority,
    NodeId Node) : IComparable<Rank>
{
    public int CompareTo(Rank other)
    {
        var order = IsInSync.CompareTo(other.IsInSync);
        if (order == 0) order = PrimaryEpoch.CompareTo(other.PrimaryEpoch);
        if (order == 0) order = ReplicaEpoch.CompareTo(other.ReplicaEpoch);
        if (order == 0) order = LastSequence.CompareTo(other.LastSequence);
        if (order == 0) order = Priority.CompareTo(other.Priority);
        return order != 0 ? order : Node.CompareTo(other.Node);
    }

    public static bool operator <(Rank a, Rank b) => a.CompareTo(b) < 0;

    public static bool operator >(Rank a, Rank b) => a.CompareTo(b) > 0;

    public static bool operator <=(Rank a, Rank b) => a.CompareTo(b) <= 0;

    public static bool operator >=(Rank a, Rank b) => a.CompareTo(b) >= 0;
}
