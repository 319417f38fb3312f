using System.Text;
using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Clients;

namespace Understudy.Simulation.Tests.Checkers;

public sealed class HistoryCheckersTests
{
    private readonly Planted _cluster = new();

    [Fact]
    public void A_history_of_one_store_breaks_nothing() => Judge(
        Put("a", "1", version: 1), Get("a", "1", version: 1), Increment(told: 1, version: 2), Counter("1", version: 2));

    [Fact]
    public void A_read_of_what_was_replaced_breaks_NothingLost() => Breaks(
        "NothingLost",
        Put("a", "1", version: 1), Put("a", "2", version: 2), Get("a", "1", version: 1));

    [Fact]
    public void Two_increments_told_the_same_break_OnceOnly() => Breaks(
        "OnceOnly",
        Increment(told: 1, version: 1), Increment(told: 1, version: 2));

    [Fact]
    public void An_increment_that_took_effect_twice_breaks_OnceOnly() => Breaks(
        "OnceOnly",
        Increment(told: 1, version: 1), Counter("2", version: 2));

    [Fact]
    public void A_counter_may_have_grown_by_increments_of_unknown_outcome() => Judge(
        Increment(told: 1, version: 1),
        _cluster.Operation(new KvRequest.Increment(OperationDraw.CounterKey), answer: null),
        Counter("2", version: 2));

    [Fact]
    public void An_acknowledged_write_that_nobody_finds_breaks_Linearizability() => Breaks(
        "Linearizability",
        Put("a", "1", version: 1),
        _cluster.Operation(new KvRequest.Get("a"), new KvAnswer(KvStatus.NotFound, 0, default)));

    [Fact]
    public void What_the_next_lineage_answers_may_have_taken_effect_in_the_one_before_if_it_was_asked_then()
    {
        Begin(lineage: 1);
        var (put, get) = (Put("a", "1", version: 1), Get("a", "1", version: 2));
        (put.Lineage, get.Lineage, put.Attempts) = (new Lineage(2), new Lineage(1), 1);
        _cluster.Pass(TimeSpan.FromSeconds(1));
        Begin(lineage: 2);
        Judge(put, get);

        var late = Put("a", "1", version: 1, calledAt: _cluster.Cluster.Now);
        late.Lineage = put.Lineage;
        Breaks("Linearizability", late, get);
    }

    private void Begin(int lineage) => _cluster.Report(lineage, new NodeEvent.Configured(
        _cluster.Configuration(lineage, lineage, lineage) with { Lineage = new Lineage(lineage) }));

    private void Breaks(string checker, params ClientOperation[] history) =>
        Planted.ShouldBreak(checker, () => Judge(history));

    private void Judge(params ClientOperation[] history) => _cluster.Cluster.Checkers.OnEnd(history);

    private ClientOperation Put(string key, string value, long version, long? calledAt = null) => _cluster.Operation(
        new KvRequest.Put(key, Bytes(value), KvCondition.None), new KvAnswer(KvStatus.Ok, version, default), calledAt);

    private ClientOperation Get(string key, string value, long version) =>
        _cluster.Operation(new KvRequest.Get(key), new KvAnswer(KvStatus.Ok, version, Bytes(value)));

    private ClientOperation Counter(string value, long version) => Get(OperationDraw.CounterKey, value, version);

    private ClientOperation Increment(long told, long version) => _cluster.Operation(
        new KvRequest.Increment(OperationDraw.CounterKey), new KvAnswer(KvStatus.Ok, version, Bytes($"{told}")));

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);
}
