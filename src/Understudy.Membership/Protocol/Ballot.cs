using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

/// <summary>
/// Orders proposals of one instance. It contains the proposer's incarnation, so a restart can never reuse one
/// (agreement.md D4). Round 0 belongs only to the heir that the view before names (H26).
/// </summary>
public readonly record struct Ballot(int Round, MemberId Proposer) : IComparable<Ballot>
{
    public int CompareTo(Ballot other)
    {
        var byRound = Round.CompareTo(other.Round);
        return byRound != 0 ? byRound : Proposer.CompareTo(other.Proposer);
    }

    public static bool operator <(Ballot a, Ballot b) => a.CompareTo(b) < 0;

    public static bool operator >(Ballot a, Ballot b) => a.CompareTo(b) > 0;

    public static bool operator <=(Ballot a, Ballot b) => a.CompareTo(b) <= 0;

    public static bool operator >=(Ballot a, Ballot b) => a.CompareTo(b) >= 0;

    public override string ToString() => $"{Round}.{Proposer}";
}
