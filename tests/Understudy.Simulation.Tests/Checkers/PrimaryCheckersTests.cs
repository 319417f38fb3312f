using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Protocol;
using Understudy.Replication.Protocol;
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
        _cluster.Report(1, new NodeEvent.JoiningMarked(Planted.Kv, new(1), _cluster.Member(3)));

        Planted.ShouldBreak("FreshestWins", () => _cluster.Activate(2, primary: 3, inSync: [3]));
    }

    [Fact]
    public void A_primary_outside_its_own_in_sync_set_breaks_FreshestWins() =>
        Planted.ShouldBreak("FreshestWins", () => _cluster.Activate(1, primary: 3, inSync: [1, 2]));

    [Fact]
    public void A_lineage_that_nobody_allowed_breaks_FreshestWins()
    {
        _cluster.Activate(1, primary: 1, inSync: [1, 2]);
        var next = _cluster.Configuration(2, primary: 3, inSync: [3]) with { Lineage = new Lineage(2) };

        Planted.ShouldBreak("FreshestWins", () => _cluster.Activate(next));
    }

    [Fact]
    public void A_write_that_was_asked_for_with_too_few_in_sync_breaks_EnoughInSync()
    {
        var cluster = new Planted(minInSync: 2);
        cluster.Activate(1, primary: 1, inSync: [1]);
        var write = cluster.Operation(
            new KvRequest.Increment(OperationDraw.CounterKey), answer: null, cluster.Cluster.Now + 1);
        var answer = new Reply(ReplyOutcome.Answered, default, new(1), cluster.Member(1).Node);

        Planted.ShouldBreak(
            "EnoughInSync",
            () => cluster.Cluster.Checkers.OnAnswer(cluster.Node(1), new Attempt(write, gateway: 0), answer));
    }

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

    [Fact]
    public void A_win_that_was_confirmed_after_its_successor_won_breaks_NoLateAct()
    {
        Win(1, version: 5);
        _cluster.Pass(TimeSpan.FromSeconds(1));

        Planted.ShouldBreak("NoLateAct", () => Win(2, version: 4, confirmedSince: _cluster.Node(2).OwnNow));
    }

    [Fact]
    public void A_late_win_that_nothing_confirmed_breaks_NoLateAct()
    {
        Win(1, version: 5);
        _cluster.Pass(TimeSpan.FromSeconds(1));

        Planted.ShouldBreak("NoLateAct", () => Win(2, version: 4));
    }

    [Fact]
    public void A_late_win_that_was_confirmed_before_is_harmless()
    {
        var before = _cluster.Node(2).OwnNow;
        _cluster.Pass(TimeSpan.FromSeconds(1));
        Win(1, version: 5);

        Win(2, version: 4, confirmedSince: before);
    }

    [Fact]
    public void A_lone_primary_that_answers_what_was_asked_after_its_eviction_breaks_LoneAct()
    {
        EvictFirst();
        var operation = _cluster.Operation(new KvRequest.Get("a"), answer: null, _cluster.Cluster.Now + 1);

        Planted.ShouldBreak("LoneAct", () => Answer(new Attempt(operation, gateway: 0), by: 1, version: 1));
    }

    [Fact]
    public void A_lone_primary_may_answer_what_was_asked_before_its_eviction()
    {
        EvictFirst();
        var operation = _cluster.Operation(new KvRequest.Get("a"), answer: null, _cluster.Cluster.Now);

        Answer(new Attempt(operation, gateway: 0), by: 1, version: 1);
    }

    [Fact]
    public void A_provider_that_was_marked_joining_may_be_in_sync_next()
    {
        _cluster.Activate(1, primary: 1, inSync: [1]);
        _cluster.Report(1, new NodeEvent.JoiningMarked(Planted.Kv, new(1), _cluster.Member(2)));

        _cluster.Activate(2, primary: 1, inSync: [1, 2]);
    }

    [Fact]
    public void A_provider_that_is_in_sync_without_a_mark_breaks_MarkedBeforeInSync()
    {
        _cluster.Activate(1, primary: 1, inSync: [1]);

        Planted.ShouldBreak("MarkedBeforeInSync", () => _cluster.Activate(2, primary: 1, inSync: [1, 2]));
    }

    [Fact]
    public void A_registry_copy_whose_mark_named_another_incarnation_breaks_MarkedBeforeInSync()
    {
        var view = _cluster.View(1, 0, 1, 2) with { Attachment = _cluster.Attachment(1, 1) };
        var next = _cluster.View(2, view.Hash, 1, 2) with { Attachment = _cluster.Attachment(2, 1, 2) };
        var older = _cluster.Member(2) with { Incarnation = new Incarnation(0, 7) };
        _cluster.Report(1, new NodeEvent.ViewInstalled(view));
        _cluster.Report(1, new NodeEvent.JoiningMarked(Registry.Name, new(1), older));

        Planted.ShouldBreak(
            "MarkedBeforeInSync", () => _cluster.Report(1, new NodeEvent.ViewInstalled(next)));
    }

    private void EvictFirst()
    {
        var view = _cluster.View(1, 0, 1, 2, 3);
        _cluster.Report(1, new NodeEvent.ViewInstalled(view));
        _cluster.Activate(1, primary: 1, inSync: [1]);
        _cluster.Report(2, new NodeEvent.ViewInstalled(_cluster.View(2, view.Hash, 2, 3)));
    }

    private void Win(int node, long version, TimeSpan? confirmedSince = null) => _cluster.Report(
        node, new NodeEvent.SelectionWon(new(version), new Lineage(1), new Epoch(version), confirmedSince));

    private void Answer(Attempt attempt, int by, long version) => _cluster.Cluster.Checkers.OnAnswer(
        _cluster.Node(by),
        attempt,
        new Reply(ReplyOutcome.Answered, default, new ConfigurationVersion(version), _cluster.Node(by).Option.Id));
}
