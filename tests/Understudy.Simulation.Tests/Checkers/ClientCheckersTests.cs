using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Protocol;
using Understudy.Simulator.Clients;

namespace Understudy.Simulation.Tests.Checkers;

public sealed class ClientCheckersTests
{
    private readonly Planted _cluster = new();

    [Fact]
    public void A_primary_that_answers_in_an_older_version_than_its_client_knows_breaks_NoGoingBack()
    {
        Answer(by: 1, version: 2, known: 2);
        Answer(by: 1, version: 2, known: null);
        Planted.ShouldBreak("NoGoingBack", () => Answer(by: 1, version: 2, known: 3));
    }

    [Fact]
    public void A_primary_that_answers_what_another_node_was_asked_in_an_older_version_breaks_it_too() =>
        Planted.ShouldBreak("NoGoingBack", () => Answer(by: 2, version: 2, known: 3));

    [Theory]
    [InlineData(ReplyOutcome.Unavailable, null, true)]
    [InlineData(ReplyOutcome.Unavailable, "key", false)]
    [InlineData(ReplyOutcome.Unknown, null, false)]
    public void A_change_without_a_key_that_is_found_though_its_client_was_told_to_try_again_breaks_NotMade(
        ReplyOutcome told, string? key, bool isBroken)
    {
        var put = _cluster.Operation(new KvRequest.Put("a", "7"u8.ToArray(), KvCondition.None), answer: null, key: key);
        put.Admissions = 1;
        _cluster.Cluster.Checkers.OnAnswer(
            _cluster.Node(1), new Attempt(put, gateway: 0), new Reply(told, default, new(1), null));
        var read = _cluster.Operation(new KvRequest.Get("a"), new KvAnswer(KvStatus.Ok, 1, "7"u8.ToArray()));

        if (isBroken) Planted.ShouldBreak("NotMade", () => _cluster.Cluster.Checkers.OnEnd([put, read]));
        else _cluster.Cluster.Checkers.OnEnd([put, read]);
    }

    [Fact]
    public void A_client_that_hears_of_an_older_version_breaks_NoGoingBack()
    {
        Hear(client: 0, version: 2);
        Hear(client: 0, version: 2);
        Hear(client: 1, version: 1);
        Planted.ShouldBreak("NoGoingBack", () => Hear(client: 0, version: 1));
    }

    private void Hear(int client, long version) =>
        _cluster.Cluster.Checkers.OnHeard(client, Planted.Kv.Value, version);

    private void Answer(int by, long version, long? known)
    {
        _cluster.Activate(version, primary: by, inSync: [1, 2]);
        var operation = _cluster.Operation(new KvRequest.Get("a"), answer: null, _cluster.Cluster.Now + 1);
        _cluster.Cluster.Checkers.OnAnswer(
            _cluster.Node(1),
            new Attempt(operation, gateway: 0) { Version = known },
            new Reply(ReplyOutcome.Answered, default, new ConfigurationVersion(version), _cluster.Member(by).Node));
    }
}
