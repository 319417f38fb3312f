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
    public void What_a_node_forwards_the_primary_answers_in_its_own_version() => Answer(by: 2, version: 2, known: 3);

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
