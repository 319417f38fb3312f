using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests.Protocol;

public sealed class MinInSyncTests
{
    private readonly List<ReplicaEffect> _effects = [];
    private readonly Replica _primary = new(
        Service, Id(1), isDurable: false, new OnceOnlyState(new Letters()), null, Profile.Lan, Mutation.None);

    public MinInSyncTests()
    {
        _primary.Begin(TimeSpan.Zero, _effects);
        _primary.Require(2);
    }

    [Fact]
    public void With_enough_in_sync_a_write_is_committed_when_all_of_them_have_it()
    {
        _primary.Lead(Version(1), Providers(1, 2));
        _primary.Submit(Write(1, "a"));
        Acknowledge(version: 1, sequence: 1);

        _primary.Committed.ShouldBe(1);
    }

    [Fact]
    public void With_fewer_nothing_new_is_committed_until_there_are_enough_again()
    {
        _primary.Lead(Version(1), Providers(1));
        _primary.Submit(Write(1, "a"));
        ConfirmQuorum();
        _primary.Committed.ShouldBe(0);

        _primary.Lead(Version(2), Providers(1));
        ConfirmQuorum();
        _primary.Committed.ShouldBe(0, "another version with as few changes nothing");

        _primary.Lead(Version(3), Providers(1, 2));
        Acknowledge(version: 3, sequence: 1);
        _primary.Committed.ShouldBe(1);
        _effects.OfType<ReplicaEffect.Answer>().Count().ShouldBe(1);
    }

    [Fact]
    public void What_was_in_the_log_when_they_became_too_few_is_committed()
    {
        _primary.Lead(Version(1), Providers(1, 2));
        _primary.Submit(Write(1, "a"));
        _primary.Lead(Version(2), Providers(1));
        _primary.Submit(Write(2, "b"));
        ConfirmQuorum();

        _primary.Committed.ShouldBe(1);
    }

    [Fact]
    public void An_operator_who_demands_less_lets_it_go_on()
    {
        _primary.Lead(Version(1), Providers(1));
        _primary.Submit(Write(1, "a"));

        _primary.Require(1);
        ConfirmQuorum();

        _primary.Committed.ShouldBe(1);
    }

    [Fact]
    public void A_demand_that_can_never_be_met_is_refused()
    {
        var cluster = new PlannedCluster(PlannedCluster.Nodes(1, 2, 3));

        var answer = cluster.Give(new OperatorCommand.AddService(
            new ServiceDefinition(Service, "kv", 1, 0, Durable: true) { MinInSync = 3 }));

        answer.Outcome.ShouldBe(CommandOutcome.Refused);
        answer.Text.ShouldBe(
            "letters would never take writes: it wants 1 secondaries, so at most 2 providers are in sync, and 3 are "
            + "demanded.");
    }

    private void Acknowledge(long version, long sequence)
    {
        _primary.OnAppended(
            Id(2), new ReplicationMessage.Appended(Service, Version(version), IsMatched: true, sequence, 0));
        _primary.EndBatch();
    }

    private void ConfirmQuorum()
    {
        foreach (var ask in _effects.OfType<ReplicaEffect.AskQuorum>().ToList()) _primary.OnQuorum(ask.Token);
    }
}
