using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Protocol;
using Understudy.Simulator.Clients;

namespace Understudy.Simulation.Tests.Checkers;

public sealed class PrimaryCheckersTests
{
    private readonly Planted _cluster = new();

    [Fact]
    public void A_failover_to_an_in_sync_secondary_breaks_nothing()
    {
        _cluster.Activate(1, primary: 1, inSync: [1, 2]);
        _cluster.Activate(2, primary: 2, inSync: [2]);
    }

    [Fact]
    public void Two_primaries_of_one_version_break_OnePrimary()
    {
        _cluster.Activate(1, primary: 1, inSync: [1, 2]);

        Planted.ShouldBreak("OnePrimary", () => _cluster.Report(
            2, new NodeEvent.PrimaryActivated(Planted.Kv, new(1), new Lineage(1), new Epoch(1))));
    }

    [Fact]
    public void Two_winners_of_the_selection_break_OnePrimary()
    {
        _cluster.Report(1, new NodeEvent.SelectionWon(new(4), new Lineage(1), new Epoch(9), TimeSpan.Zero));

        Planted.ShouldBreak(
            "OnePrimary",
            () => _cluster.Report(2, new NodeEvent.SelectionWon(new(4), new Lineage(1), new Epoch(9), TimeSpan.Zero)));
    }

    [Fact]
    public void Two_meanings_of_one_version_break_OnePrimary()
    {
        _cluster.Report(1, new NodeEvent.Configured(_cluster.Configuration(1, primary: 1, inSync: [1, 2])));

        Planted.ShouldBreak("OnePrimary", () => _cluster.Report(
            2, new NodeEvent.Configured(_cluster.Configuration(1, primary: 1, inSync: [1, 2, 3]))));
    }

    [Fact]
    public void A_primary_that_is_replaced_though_in_sync_breaks_StayPut()
    {
        _cluster.Activate(1, primary: 1, inSync: [1, 2]);

        Planted.ShouldBreak("StayPut", () => _cluster.Activate(2, primary: 2, inSync: [1, 2]));
    }

    [Fact]
    public void A_primary_that_stops_may_be_replaced_though_in_sync()
    {
        _cluster.Activate(1, primary: 1, inSync: [1, 2]);
        _cluster.Cluster.Checkers.OnStopping(_cluster.Node(1));

        _cluster.Activate(2, primary: 2, inSync: [1, 2]);
    }

    [Fact]
    public void A_primary_that_was_not_in_sync_before_breaks_FreshestWins()
    {
        _cluster.Activate(1, primary: 1, inSync: [1, 2]);

        Planted.ShouldBreak("FreshestWins", () => _cluster.Activate(2, primary: 3, inSync: [3]));
    }

    [Fact]
    public void A_primary_outside_its_own_in_sync_set_breaks_FreshestWins() =>
        Planted.ShouldBreak("FreshestWins", () => _cluster.Activate(1, primary: 3, inSync: [1, 2]));

    [Fact]
    public void An_answer_of_a_predecessor_to_what_was_asked_later_breaks_NoLateAct()
    {
        _cluster.Activate(1, primary: 1, inSync: [1, 2]);
        _cluster.Activate(2, primary: 2, inSync: [2]);
        var operation = _cluster.Operation(new KvRequest.Get("a"), answer: null, _cluster.Cluster.Now + 1);

        Planted.ShouldBreak("NoLateAct", () => Answer(new Attempt(operation, gateway: 0), by: 1, version: 1));
    }

    [Fact]
    public void An_answer_of_a_predecessor_to_what_was_asked_before_is_harmless()
    {
        _cluster.Activate(1, primary: 1, inSync: [1, 2]);
        _cluster.Activate(2, primary: 2, inSync: [2]);
        var operation = _cluster.Operation(new KvRequest.Get("a"), answer: null, _cluster.Cluster.Now);

        Answer(new Attempt(operation, gateway: 0), by: 1, version: 1);
    }

    private void Answer(Attempt attempt, int by, long version) => _cluster.Cluster.Checkers.OnAnswer(
        _cluster.Node(by),
        attempt,
        new Reply(ReplyOutcome.Answered, default, new ConfigurationVersion(version), _cluster.Node(by).Option.Id));
}
