using System.Collections.Immutable;
using System.Text;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;

namespace Understudy.Tests.Protocol;

public class NodeRequestTests
{
    [Fact]
    public void A_request_that_was_held_in_vain_is_told_what_the_service_waits_for()
    {
        var kv = new ServiceName("kv");
        var node = new Node(
            new NodeOptions(
                "web",
                Profile.Lan,
                [.. new[] { "n1", "n2", "n3" }.Select(id => new NodeOption(new NodeId(id), NodeKind.Voter))],
                [new ServiceDefinition(kv, "kv", 2, 0, Durable: true)]),
            new MemberId(new NodeId("n1"), new Incarnation(1, 1)),
            new StoredNode(
                new DiskId(1),
                ImmutableSortedDictionary<string, ReadOnlyMemory<byte>>.Empty,
                ImmutableSortedDictionary<ServiceName, StoredReplica>.Empty),
            new SeededRandom(1));
        List<NodeEffect> effects = [];
        node.Step(TimeSpan.FromSeconds(1), NodeInput.Tick.Instance, effects);
        node.Step(
            TimeSpan.FromSeconds(1),
            new NodeInput.Requested(7, kv, default, IsRead: true, null, TimeSpan.FromSeconds(5)),
            effects);
        node.Step(TimeSpan.FromSeconds(6), NodeInput.Tick.Instance, effects);
        var answer = effects.OfType<NodeEffect.Answer>().ShouldHaveSingleItem();
        answer.Number.ShouldBe(7);
        answer.Reply.Outcome.ShouldBe(ReplyOutcome.Unavailable);
        Encoding.UTF8.GetString(answer.Reply.Body.Span).ShouldBe(
            "kv has no primary now: waiting for n2, n3 to form the cluster.");
    }
}
