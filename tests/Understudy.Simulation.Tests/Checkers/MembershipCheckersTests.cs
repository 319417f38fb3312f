using Understudy.Protocol;

namespace Understudy.Simulation.Tests.Checkers;

public sealed class MembershipCheckersTests
{
    private readonly Planted _cluster = new();

    [Fact]
    public void A_chain_of_views_breaks_nothing()
    {
        var first = _cluster.View(1, 0, 1, 2, 3);
        Install(1, first);
        Install(2, first);
        Install(1, _cluster.View(2, first.Hash, 1, 2));
    }

    [Fact]
    public void Two_views_of_one_epoch_break_OneView()
    {
        Install(1, _cluster.View(1, 0, 1, 2, 3));

        Planted.ShouldBreak("OneView", () => Install(2, _cluster.View(1, 0, 1, 2)));
    }

    [Fact]
    public void A_view_that_names_another_predecessor_breaks_OneView()
    {
        Install(1, _cluster.View(1, 0, 1, 2, 3));

        Planted.ShouldBreak("OneView", () => Install(1, _cluster.View(2, 42, 1, 2)));
    }

    [Fact]
    public void A_node_that_goes_back_breaks_OneView()
    {
        var first = _cluster.View(1, 0, 1, 2, 3);
        Install(1, _cluster.View(2, first.Hash, 1, 2, 3));

        Planted.ShouldBreak("OneView", () => Install(1, first));
    }

    [Fact]
    public void An_evicted_incarnation_that_returns_breaks_NoReturn()
    {
        var first = _cluster.View(1, 0, 1, 2, 3);
        var second = _cluster.View(2, first.Hash, 1, 2);
        Install(1, first);
        Install(1, second);

        Planted.ShouldBreak("NoReturn", () => Install(1, _cluster.View(3, second.Hash, 1, 2, 3)));
    }

    [Fact]
    public void A_gap_that_is_learned_late_breaks_NoReturn_too()
    {
        var first = _cluster.View(1, 0, 1, 2, 3);
        var second = _cluster.View(2, first.Hash, 1, 2);
        Install(1, first);
        Install(1, _cluster.View(3, second.Hash, 1, 2, 3));

        Planted.ShouldBreak("NoReturn", () => Install(2, second));
    }

    private void Install(int node, Membership.View view) => _cluster.Report(node, new NodeEvent.ViewInstalled(view));
}
