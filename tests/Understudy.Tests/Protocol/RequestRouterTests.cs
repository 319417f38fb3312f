using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;

namespace Understudy.Tests.Protocol;

public class RequestRouterTests
{
    private static readonly ServiceName _kv = new("kv");
    private static readonly MemberId _n1 = Member("n1");
    private static readonly MemberId _n2 = Member("n2");
    private static readonly TimeSpan _heartbeat = Profile.Lan.Heartbeat;

    private readonly RequestRouter _router = new(_n1, Profile.Lan);

    [Fact]
    public void A_request_is_held_until_its_service_has_a_primary()
    {
        var number = Take(1);
        _router.TrySend(number, ServiceMap.Empty, TimeSpan.Zero).ShouldBeNull();
        _router.TrySend(number, Map(null), TimeSpan.Zero).ShouldBeNull();

        var sent = _router.TrySend(number, Map(_n2), TimeSpan.Zero).ShouldNotBeNull();
        sent.To.ShouldBe(_n2);
        sent.Request.Id.Gateway.ShouldBe(_n1);
        sent.Request.Id.Number.ShouldBe(number);
    }

    [Fact]
    public void A_request_expires_at_its_deadline_and_not_before()
    {
        Take(1, holdFor: TimeSpan.FromSeconds(2));
        var later = Take(2, at: TimeSpan.FromSeconds(1), holdFor: TimeSpan.FromSeconds(2));

        _router.Expire(TimeSpan.FromSeconds(2) - TimeSpan.FromTicks(1)).ShouldBeEmpty();
        _router.Expire(TimeSpan.FromSeconds(2)).Select(held => held.Asked.Number).ShouldBe([1]);
        _router.Expire(TimeSpan.FromSeconds(2)).ShouldBeEmpty("it is taken out");
        _router.Count.ShouldBe(1);
        _router.Finish(later)!.Deadline.ShouldBe(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public void A_request_goes_to_the_same_primary_again_only_after_three_heartbeats()
    {
        var number = Take(1);
        _router.TrySend(number, Map(_n2), TimeSpan.Zero).ShouldNotBeNull();

        _router.TrySend(number, Map(_n2), 3 * _heartbeat - TimeSpan.FromTicks(1)).ShouldBeNull();
        _router.TrySend(number, Map(_n2), 3 * _heartbeat)!.Value.Request.Id.Number.ShouldBe(number);
    }

    [Fact]
    public void A_request_goes_to_another_primary_at_once_under_the_same_number()
    {
        var number = Take(1);
        _router.TrySend(number, Map(_n2), TimeSpan.Zero).ShouldNotBeNull();

        var again = _router.Due(Map(_n1), TimeSpan.Zero).ShouldHaveSingleItem();
        again.To.ShouldBe(_n1);
        again.Request.Id.Number.ShouldBe(number);
    }

    [Fact]
    public void A_lost_channel_and_a_refusal_let_it_be_sent_again_at_once()
    {
        var number = Take(1);
        _router.TrySend(number, Map(_n2), TimeSpan.Zero).ShouldNotBeNull();
        _router.LoseChannel(_n1);
        _router.TrySend(number, Map(_n2), TimeSpan.Zero).ShouldBeNull();
        _router.LoseChannel(_n2);
        _router.TrySend(number, Map(_n2), TimeSpan.Zero).ShouldNotBeNull();
        _router.Unsend(number);
        _router.TrySend(number, Map(_n2), TimeSpan.Zero).ShouldNotBeNull();
    }

    [Fact]
    public void Each_request_names_the_lowest_that_is_not_answered()
    {
        var (first, second) = (Take(1), Take(2));
        LowestOf(second).ShouldBe(first);
        _router.Finish(first).ShouldNotBeNull();
        _router.Unsend(second);
        LowestOf(second).ShouldBe(second);
        _router.Finish(first).ShouldBeNull("once is enough");
    }

    [Fact]
    public void A_client_that_goes_takes_its_request_along()
    {
        var number = Take(7);
        _router.Abandon(8);
        _router.Count.ShouldBe(1);
        _router.Abandon(7);
        _router.Count.ShouldBe(0);
        _router.TrySend(number, Map(_n2), TimeSpan.Zero).ShouldBeNull();
    }

    [Fact]
    public void It_holds_only_so_many_and_so_many_bytes()
    {
        for (var i = 0; i < RequestRouter.MaxHeld; i++) _router.Take(Asked(i, 0), TimeSpan.Zero).ShouldNotBeNull();
        _router.Take(Asked(-1, 0), TimeSpan.Zero).ShouldBeNull();

        var other = new RequestRouter(_n1, Profile.Lan);
        var half = (int)(RequestRouter.MaxHeldBytes / 2);
        var first = other.Take(Asked(1, half), TimeSpan.Zero).ShouldNotBeNull();
        other.Take(Asked(2, half), TimeSpan.Zero).ShouldNotBeNull();
        other.Take(Asked(3, 1), TimeSpan.Zero).ShouldBeNull();
        other.Finish(first);
        other.Take(Asked(4, 1), TimeSpan.Zero).ShouldNotBeNull();
    }

    private static MemberId Member(string node) => new(new NodeId(node), new Incarnation(1, 1));

    private static NodeInput.Requested Asked(long number, int bytes, TimeSpan? holdFor = null) =>
        new(number, _kv, new byte[bytes], IsRead: false, null, holdFor ?? TimeSpan.FromSeconds(5));

    private static ServiceMap Map(MemberId? primary) => new(new ConfigurationVersion(1), 1,
    [
        new ServiceEntry(
            new ServiceDefinition(_kv, "kv", 2, 1, true),
            new Understudy.Replication.Configuration(
                _kv, new ConfigurationVersion(1), new Lineage(1), primary, [], new Epoch(1))),
    ]);

    private long Take(long number, TimeSpan at = default, TimeSpan? holdFor = null) =>
        _router.Take(Asked(number, 10, holdFor), at).ShouldNotBeNull();

    private long LowestOf(long number) =>
        _router.TrySend(number, Map(_n2), TimeSpan.Zero)!.Value.Request.LowestPending;
}
