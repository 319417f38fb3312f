using Understudy.Kernel;
using Understudy.Membership.Protocol;

namespace Understudy.Membership.Tests.Protocol;

public sealed class ConnectivityTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void The_best_clique_is_the_best_of_all_sets_in_every_graph(int count)
    {
        var voters = Enumerable.Range(1, count).Select(Cast.Node).ToList();
        var pairs = (
            from i in Enumerable.Range(0, count)
            from j in Enumerable.Range(i + 1, count - i - 1)
            select (i, j))
            .ToList();
        for (var graph = 0; graph < 1 << pairs.Count; graph++)
        {
            var links = pairs.Where((_, bit) => (graph >> bit & 1) == 1).ToHashSet();
            foreach (var favoured in voters.Select(v => (NodeId?)v).Prepend(null))
            {
                var found = Connectivity.BestClique(
                    voters, (i, j) => links.Contains((Math.Min(i, j), Math.Max(i, j))), count / 2 + 1, favoured);

                found.ShouldBe(Best(voters, links, count / 2 + 1, favoured), $"graph {graph}, favoured {favoured}");
            }
        }
    }

    [Fact]
    public void All_voters_stay_when_all_links_are_up() =>
        Connectivity.BestClique(Cast.Nodes(1, 2, 3), (_, _) => true, 2, null).ShouldBe(Cast.Nodes(1, 2, 3));

    [Fact]
    public void The_primary_s_side_is_kept_when_one_link_of_three_is_cut()
    {
        static bool IsLinked(int i, int j) => (i, j) is not ((0, 2) or (2, 0));

        Connectivity.BestClique(Cast.Nodes(1, 2, 3), IsLinked, 2, Cast.Node(1)).ShouldBe(Cast.Nodes(1, 2));
        Connectivity.BestClique(Cast.Nodes(1, 2, 3), IsLinked, 2, Cast.Node(3)).ShouldBe(Cast.Nodes(2, 3));
        Connectivity.BestClique(Cast.Nodes(1, 2, 3), IsLinked, 2, null).ShouldBe(Cast.Nodes(2, 3));
    }

    [Fact]
    public void No_set_is_better_than_one_without_a_quorum() =>
        Connectivity.BestClique(Cast.Nodes(1, 2, 3), (_, _) => false, 2, null).ShouldBeEmpty();

    /// <summary>Brute force: keep the favoured, then the most, then the highest ids.</summary>
    private static List<NodeId> Best(List<NodeId> voters, HashSet<(int, int)> links, int quorum, NodeId? favoured) =>
        Enumerable.Range(1, (1 << voters.Count) - 1)
            .Select(set => Enumerable.Range(0, voters.Count).Where(i => (set >> i & 1) == 1).ToList())
            .Where(set => set.Count >= quorum)
            .Where(set => set.All(i => set.All(j => i >= j || links.Contains((i, j)))))
            .OrderByDescending(set => set.Exists(i => voters[i] == favoured))
            .ThenByDescending(set => set.Count)
            .ThenByDescending(set => string.Concat(Enumerable.Range(0, voters.Count)
                .Select(i => set.Contains(voters.Count - 1 - i) ? '1' : '0')), StringComparer.Ordinal)
            .Select(set => set.Select(i => voters[i]).ToList())
            .FirstOrDefault([]);
}
