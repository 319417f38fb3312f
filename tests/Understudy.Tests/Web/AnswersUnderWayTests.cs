using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication.Protocol;
using Understudy.Tests.Http;
using Understudy.Web;

namespace Understudy.Tests.Web;

public sealed class AnswersUnderWayTests : IDisposable
{
    private static readonly ServiceName _shop = new("shop");
    private static readonly MemberId _self = new(new NodeId("n1"), new Incarnation(1, 1));

    private readonly FakeTimeProvider _clock = new();
    private readonly AnswersUnderWay _answers;

    public AnswersUnderWayTests() => _answers = new AnswersUnderWay(
        _ => new HttpBounds(TimeSpan.FromSeconds(5), TimeSpan.Zero), _clock, exception => throw exception);

    [Fact]
    public void An_answer_that_has_begun_is_cut_when_the_nodes_lease_ends()
    {
        var startedAt = _clock.GetTimestamp();
        _answers.Learn(Status(leaseUntil: TimeSpan.FromSeconds(10)), startedAt);
        _clock.Advance(TimeSpan.FromSeconds(3));
        using var answer = _answers.Enter(_shop, _self.Node, new ConfigurationVersion(4), mayBeLeft: false);
        answer.TryBegin().ShouldBeTrue();

        _clock.Advance(TimeSpan.FromSeconds(7) - TimeSpan.FromMilliseconds(1));
        answer.IsCut.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        answer.IsCut.ShouldBeTrue();
    }

    public void Dispose() => _answers.Dispose();

    private static NodeStatus Status(TimeSpan leaseUntil)
    {
        var disk = new DiskId(1);
        var view = new View(
            new ClusterId(1),
            new Epoch(1),
            0,
            [new Acceptor(_self.Node, disk)],
            [new Member(_self, disk, NodeKind.Voter)],
            [],
            null,
            default);
        return new NodeStatus(
            _self,
            view,
            IsMember: true,
            IsStopping: false,
            leaseUntil,
            HeardVoters: 1,
            Selection: null,
            ServiceMapSamples.Map(1, (_shop.Value, 4, _self.Node.Value)),
            [_shop],
            ImmutableSortedDictionary<ServiceName, ImmutableArray<JoiningProgress>>.Empty,
            []);
    }
}
