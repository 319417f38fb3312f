using System.Collections.Immutable;
using System.Text;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Tests.Protocol;

public class NodeRequestTests
{
    private static readonly ServiceName _kv = new("kv");

    private readonly Node _node = new(
        new NodeOptions(
            "web",
            Profile.Lan,
            [.. new[] { "n1", "n2", "n3" }.Select(id => new NodeOption(new NodeId(id), NodeKind.Voter))],
            [new ServiceDefinition(_kv, "kv", 2, 0, Durable: true)]),
        new MemberId(new NodeId("n1"), new Incarnation(1, 1)),
        new StoredNode(
            new DiskId(1),
            ImmutableSortedDictionary<string, ReadOnlyMemory<byte>>.Empty,
            ImmutableSortedDictionary<ServiceName, StoredReplica>.Empty),
        new SeededRandom(1));

    [Fact]
    public void A_request_that_was_held_in_vain_is_told_what_the_service_waits_for()
    {
        var answer = HoldInVain(Request(_kv)).OfType<NodeEffect.Answer>().ShouldHaveSingleItem();
        answer.Number.ShouldBe(7);
        answer.Reply.Outcome.ShouldBe(ReplyOutcome.Unavailable);
        Encoding.UTF8.GetString(answer.Reply.Body.Span).ShouldBe(
            "kv has no primary now: waiting for n2, n3 to form the cluster. It has waited as long as it may: "
            + "seconds in [service.kv.hold].");
    }

    [Fact]
    public void A_request_is_held_while_the_node_cannot_know_whether_there_is_such_a_service()
    {
        var answer = HoldInVain(Request(new("orders"))).OfType<NodeEffect.Answer>().ShouldHaveSingleItem();
        answer.Reply.Outcome.ShouldBe(ReplyOutcome.Unavailable);
    }

    [Fact]
    public void The_registry_is_no_service_that_clients_may_ask()
    {
        var answer = HoldInVain(Request(Registry.Name)).OfType<NodeEffect.Answer>().ShouldHaveSingleItem();
        answer.Reply.Outcome.ShouldBe(ReplyOutcome.UnknownService);
    }

    [Fact]
    public void A_command_that_was_held_in_vain_is_told_why_there_is_no_replica_manager()
    {
        var hold = new NodeInput.CommandGiven(-1, new OperatorCommand.Hold(null), "key", TimeSpan.FromSeconds(5));
        var told = HoldInVain(hold).OfType<NodeEffect.AnswerCommand>().ShouldHaveSingleItem();
        told.Number.ShouldBe(-1);
        told.Told.Outcome.ShouldBe(CommandOutcome.Unavailable);
        told.Told.Text.ShouldStartWith(
            "No replica manager answered in time (waiting for n2, n3 to form the cluster). The command may be");
    }

    private static NodeInput.Requested Request(ServiceName service) =>
        new(7, service, default, IsRead: true, null, TimeSpan.FromSeconds(5));

    private List<NodeEffect> HoldInVain(NodeInput input)
    {
        List<NodeEffect> effects = [];
        _node.Step(TimeSpan.FromSeconds(1), NodeInput.Tick.Instance, effects);
        _node.Step(TimeSpan.FromSeconds(1), input, effects);
        _node.Step(TimeSpan.FromSeconds(6), NodeInput.Tick.Instance, effects);
        return effects;
    }
}
