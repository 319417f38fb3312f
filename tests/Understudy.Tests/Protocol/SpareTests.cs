using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Tests.Protocol;

/// <summary>A change of view that does not concern a service: three voters provide kv, n4 is a spare.</summary>
public class SpareTests
{
    private static readonly string[] _providers = ["n1", "n2", "n3"];
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    private readonly NodeCluster _cluster = new(voters: 3, others: 1);

    [Fact]
    public void A_spare_that_joins_and_dies_under_load_changes_nothing_for_kv()
    {
        foreach (var node in _providers) _cluster.Start(node);
        _cluster.Run(5 * _second);
        var before = _cluster.KvOn("n1").ShouldNotBeNull();
        before.InSync.Length.ShouldBe(3);
        var view = _cluster.On("n1").View!.Epoch;
        _cluster.Reports.Clear();

        _cluster.Run(_second, Load);
        _cluster.Start("n4");
        _cluster.Run(2 * _second, Load);
        _cluster.On("n4").View!.Members.Length.ShouldBe(4);
        _cluster.Kill("n4");
        _cluster.Run(2 * _second, Load);
        _cluster.Run(_second);

        _cluster.On("n1").View!.Epoch.Value.ShouldBe(view.Value + 2, "it joined and it left");
        foreach (var node in _providers) _cluster.KvOn(node).ShouldBe(before);
        _cluster.Reports.Where(r => _providers.Contains(r.Node.Value)).Select(r => r.Event)
            .Where(e => e is NodeEvent.Configured or NodeEvent.PrimaryActivated or NodeEvent.PrimaryDeposed)
            .ShouldBeEmpty();
        _cluster.Losses.ShouldAllBe(lost => lost == "n4", "no channel between the others was lost");
        _cluster.Unanswered.ShouldBe(0);
        _cluster.Replies.Count.ShouldBeGreaterThan(500);
        _cluster.Replies.ShouldAllBe(reply => reply.Outcome == ReplyOutcome.Answered);
        _cluster.LongestWait.ShouldBeLessThanOrEqualTo(Profile.Lan.Tick, "nobody was held off");
    }

    private void Load()
    {
        foreach (var node in _providers) _cluster.Ask(node);
    }
}
