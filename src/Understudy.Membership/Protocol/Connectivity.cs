using System.Numerics;
using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

/// <summary>
/// The full-connectivity rule (agreement.md 2.4): when links between voters stay down though no voter does, the best
/// fully connected set goes on. Arithmetic only; at most 2^9 sets.
/// </summary>
public static class Connectivity
{
    /// <summary>Chooses the set of voters that keeps every link among themselves.</summary>
    /// <param name="voters">The view's voters, in order of node.</param>
    /// <param name="isLinked">Whether two of them (by index) hear each other.</param>
    /// <param name="quorum">The set must have at least so many.</param>
    /// <param name="favoured">The node to keep if it can be kept.</param>
    /// <returns>The nodes of the best set, or empty if no set has a quorum.</returns>
    public static List<NodeId> BestClique(
        IReadOnlyList<NodeId> voters, Func<int, int, bool> isLinked, int quorum, NodeId? favoured)
    {
        Invariant.Holds(voters.Count <= MembershipOptions.MaxVoters, "Connectivity: at most 9 voters");
        var best = 0;
        for (var set = 1; set < 1 << voters.Count; set++)
        {
            if (BitOperations.PopCount((uint)set) < quorum) continue;
            if (IsClique(set, voters.Count, isLinked) && IsBetter(set, best, voters, favoured)) best = set;
        }

        return Enumerable.Range(0, voters.Count).Where(i => (best >> i & 1) == 1).Select(i => voters[i]).ToList();
    }

    private static bool IsClique(int set, int count, Func<int, int, bool> isLinked)
    {
        for (var i = 0; i < count; i++)
        {
            for (var j = i + 1; j < count; j++)
            {
                if ((set >> i & 1) == 1 && (set >> j & 1) == 1 && !isLinked(i, j)) return false;
            }
        }

        return true;
    }

    private static bool IsBetter(int set, int best, IReadOnlyList<NodeId> voters, NodeId? favoured)
    {
        var keeps = Keeps(set, voters, favoured).CompareTo(Keeps(best, voters, favoured));
        if (keeps != 0) return keeps > 0;
        var size = BitOperations.PopCount((uint)set).CompareTo(BitOperations.PopCount((uint)best));
        return size != 0 ? size > 0 : set > best; // The highest ids, so that all choose alike.
    }

    private static bool Keeps(int set, IReadOnlyList<NodeId> voters, NodeId? favoured)
    {
        for (var i = 0; i < voters.Count; i++)
        {
            if ((set >> i & 1) == 1 && voters[i] == favoured) return true;
        }

        return false;
    }
}
