using System.Text;
using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Protocol;
using Understudy.Replication.Protocol;

namespace Understudy.Tests.Protocol;

/// <summary>What whole nodes tell clients of changes without a key that were not answered in time.</summary>
public class RequestOutcomeTests
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _soon = Profile.Lan.Tick * 2;

    private readonly NodeCluster _cluster = new(voters: 3, others: 0);

    public RequestOutcomeTests()
    {
        foreach (var node in new[] { "n1", "n2", "n3" }) _cluster.Start(node);
        _cluster.Run(3 * _second);
    }

    private string Primary => _cluster.KvOn("n1")!.Primary!.Value.Node.Value;

    private string Other => Primary == "n1" ? "n2" : "n1";

    [Fact]
    public void What_was_sent_to_a_primary_that_hangs_is_unknown_at_its_deadline()
    {
        _cluster.Hang(Primary);
        _cluster.Ask(Other, holdFor: _soon);
        _cluster.Run(_soon + Profile.Lan.Tick);
        Told().ShouldBe((ReplyOutcome.Unknown, $"The primary of kv on {Primary} did not answer in time. It has waited "
            + "as long as it may: seconds in [service.kv.hold]. Whether the change was made is not known."));
    }

    [Fact]
    public void What_was_given_to_a_primary_on_the_same_node_is_unknown_too()
    {
        foreach (var node in new[] { "n1", "n2", "n3" }.Where(node => node != Primary)) _cluster.Hang(node);
        _cluster.Ask(Primary, holdFor: _soon);
        _cluster.Run(_soon + Profile.Lan.Tick);
        Told().Outcome.ShouldBe(ReplyOutcome.Unknown);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_asked_of_a_node_that_is_cut_off_was_not_made_be_it_the_primarys_or_not(bool isPrimary)
    {
        var asked = isPrimary ? Primary : Other;
        foreach (var node in new[] { "n1", "n2", "n3" }.Where(node => node != asked)) _cluster.Kill(node);
        _cluster.Run(Profile.Lan.Lease);
        _cluster.Ask(asked, holdFor: _soon);
        _cluster.Run(_soon + Profile.Lan.Tick);
        var (outcome, text) = Told();
        outcome.ShouldBe(ReplyOutcome.Unavailable);
        text.ShouldEndWith("seconds in [service.kv.hold]. The change was not made.");
    }

    [Fact]
    public void A_primary_that_is_asked_by_a_newer_configuration_than_its_own_hears_of_that_before_it_answers()
    {
        var version = _cluster.KvOn(Primary)!.Version;
        Ask(version, 1).ShouldBeEmpty("it is at work");
        var refusal = Ask(new ConfigurationVersion(version.Value + 1), 2).ShouldHaveSingleItem();
        (refusal.Kind, refusal.Version).ShouldBe((AnswerKind.NotPrimary, version), "the gateway asks again");
    }

    private IEnumerable<ReplicationMessage.Answer> Ask(ConfigurationVersion version, long number)
    {
        var from = _cluster.On(Other).View!.MemberOn(new NodeId(Other))!.Id;
        var request = new ReplicationMessage.Request(
            new RequestId(from, number), number, NodeCluster.Kv, version, IsRead: false, null,
            KvCodec.Encode(new KvRequest.Increment("a")));
        List<NodeEffect> effects = [];
        _cluster.On(Primary).Step(3 * _second, new NodeInput.Received(from, request), effects);
        return effects.OfType<NodeEffect.Send>().Select(send => send.Message).OfType<ReplicationMessage.Answer>();
    }

    private (ReplyOutcome Outcome, string Text) Told()
    {
        var reply = _cluster.Replies.ShouldHaveSingleItem();
        return (reply.Outcome, Encoding.UTF8.GetString(reply.Body.Span));
    }
}
