using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;

namespace Understudy.Tests.Protocol;

public class RequestRouterTests
{
    private static readonly ServiceName _kv = new("kv");
    private static readonly ServiceName _other = new("other");
    private static readonly MemberId _n1 = Member("n1");
    private static readonly MemberId _n2 = Member("n2");
    private static readonly TimeSpan _heartbeat = Profile.Lan.Heartbeat;

    private readonly RequestRouter _router = new(_n1, Profile.Lan);

    public RequestRouterTests() => _router.OpenChannel(_n2);

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
    public void One_that_came_later_may_expire_earlier()
    {
        Take(1, holdFor: TimeSpan.FromSeconds(30));
        Take(2, holdFor: TimeSpan.FromSeconds(2));
        Take(3, holdFor: TimeSpan.FromSeconds(1));
        _router.Expire(TimeSpan.FromSeconds(1)).Select(held => held.Asked.Number).ShouldBe([3]);
        _router.Expire(TimeSpan.FromSeconds(2)).Select(held => held.Asked.Number).ShouldBe([2]);
        _router.Expire(TimeSpan.FromSeconds(30)).Select(held => held.Asked.Number).ShouldBe([1]);
    }

    [Fact]
    public void Long_changes_are_sent_as_earlier_ones_are_answered_and_reads_pass_them()
    {
        var map = Map(_n2);
        var numbers = Enumerable.Range(1, 6).Select(n => Take(n, bytes: 1024 * 1024)).ToList();
        var small = Take(7);
        var read = Take(8, isRead: true);
        var four = numbers.Take(4).Append(read);
        Sent(map, TimeSpan.Zero).ShouldBe(four, "4 MiB are under way, and the small one waits its turn");
        _router.TrySend(Take(9), map, TimeSpan.Zero).ShouldBeNull();

        _router.Finish(numbers[1]);
        Sent(map, TimeSpan.Zero).ShouldBe([numbers[4]]);
        _router.Unsend(numbers[0]);
        Sent(map, TimeSpan.Zero).ShouldBe([numbers[0]], "what was not taken is not under way");
        foreach (var number in numbers.Take(5)) _router.Finish(number);
        Sent(map, TimeSpan.Zero).ShouldBe([numbers[5], small, small + 2]);
    }

    [Fact]
    public void One_request_may_be_longer_than_all_that_may_be_under_way()
    {
        var longest = Take(1, bytes: HeldRequests.MostSentBytes + 1);
        _router.TrySend(longest, Map(_n2), TimeSpan.Zero).ShouldNotBeNull();
        _router.TrySend(Take(2, bytes: 20_000), Map(_n2), TimeSpan.Zero).ShouldBeNull();
    }

    [Fact]
    public void A_long_request_that_is_slow_to_be_answered_is_sent_again_less_and_less_often()
    {
        var map = Map(_n2);
        var isLong = Take(1, bytes: 100_000);
        var isShort = Take(2);
        Sent(map, TimeSpan.Zero).ShouldBe([isLong, isShort]);
        int[] times = [3, 6, 9, 12, 15, 18, 21];
        var again = times.Select(time => Sent(map, time * _heartbeat).Contains(isLong)).ToList();
        again.ShouldBe([true, false, true, false, false, false, true]);
        Sent(map, 24 * _heartbeat).ShouldBe([isShort]);

        _router.LoseChannel(_n2);
        _router.OpenChannel(_n2);
        Sent(map, 24 * _heartbeat).ShouldBe([isLong, isShort]);
        Sent(map, 27 * _heartbeat).ShouldBe([isLong, isShort], "it begins anew");
    }

    [Theory]
    [InlineData(false, null, true)]
    [InlineData(false, "key", false)]
    [InlineData(true, null, false)]
    public void A_change_without_a_key_that_was_sent_is_unknown_until_it_is_answered(
        bool isRead, string? key, bool isUnknown)
    {
        var number = Take(7, isRead: isRead, key: key);
        _router.IsUnknown(7).ShouldBeFalse("it was not sent");
        _router.TrySend(number, Map(_n2), TimeSpan.Zero).ShouldNotBeNull();
        _router.IsUnknown(7).ShouldBe(isUnknown);
        _router.Unsend(number);
        _router.LoseChannel(_n2);
        _router.IsUnknown(7).ShouldBe(isUnknown, "who is not primary now may have been when it came");
        _router.IsUnknown(_router.Expire(TimeSpan.FromSeconds(5)).ShouldHaveSingleItem()).ShouldBe(isUnknown);
        _router.IsUnknown(7).ShouldBeFalse("it was answered");
    }

    [Fact]
    public void A_change_that_waited_in_vain_and_was_never_sent_is_not_unknown()
    {
        Take(7);
        Sent(Map(null), TimeSpan.Zero).ShouldBeEmpty();
        Sent(Map(_n2, isFrozen: true), TimeSpan.Zero).ShouldBeEmpty();
        Sent(Map(_n2, minInSync: 2), TimeSpan.Zero).ShouldBeEmpty();
        _router.LoseChannel(_n2);
        Sent(Map(_n2), TimeSpan.Zero).ShouldBeEmpty("it would be lost on the way");
        _router.IsUnknown(_router.Expire(TimeSpan.FromSeconds(5)).ShouldHaveSingleItem()).ShouldBeFalse();
    }

    [Fact]
    public void What_this_nodes_own_provider_did_not_take_was_not_sent()
    {
        var number = Take(7);
        _router.TrySend(number, Map(_n1), TimeSpan.Zero).ShouldNotBeNull();
        _router.TakeBack(number);
        _router.IsUnknown(7).ShouldBeFalse();
        _router.TrySend(number, Map(_n2), TimeSpan.Zero).ShouldNotBeNull("it is held again");
        Sent(Map(_n1), TimeSpan.Zero).ShouldBe([number]);
        _router.TakeBack(number);
        _router.IsUnknown(7).ShouldBeTrue("another node was sent it before");
    }

    [Fact]
    public void Each_request_names_the_configuration_by_which_it_is_sent()
    {
        Take(1);
        Version(Map(_n2)).ShouldBe(1);
        Version(Map(_n1, version: 2)).ShouldBe(2);

        long Version(ServiceMap map) => _router.Due(map, TimeSpan.Zero).ShouldHaveSingleItem().Request.Version.Value;
    }

    [Fact]
    public void A_request_goes_to_the_same_primary_again_only_after_three_heartbeats()
    {
        var number = Take(1);
        _router.TrySend(number, Map(_n2), TimeSpan.Zero).ShouldNotBeNull();

        _router.Due(Map(_n2), 3 * _heartbeat - TimeSpan.FromTicks(1)).ShouldBeEmpty();
        _router.Due(Map(_n2), 3 * _heartbeat).ShouldHaveSingleItem().Request.Id.Number.ShouldBe(number);
        _router.Due(Map(_n2), 6 * _heartbeat - TimeSpan.FromTicks(1)).ShouldBeEmpty();
        _router.Due(Map(_n2), 6 * _heartbeat).ShouldHaveSingleItem();
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
        _router.OpenChannel(_n2);
        _router.TrySend(number, Map(_n2), TimeSpan.Zero).ShouldNotBeNull();
        _router.Unsend(number);
        _router.TrySend(number, Map(_n2), TimeSpan.Zero).ShouldNotBeNull();
    }

    [Fact]
    public void Each_request_names_the_lowest_that_is_not_answered()
    {
        var (first, second) = (Take(1), Take(2));
        _router.Due(Map(_n2), TimeSpan.Zero).Select(sent => sent.Request.LowestPending).ShouldBe([first, first]);
        _router.Finish(first).ShouldNotBeNull();
        _router.Unsend(second);
        _router.Due(Map(_n2), TimeSpan.Zero).ShouldHaveSingleItem().Request.LowestPending.ShouldBe(second);
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
    public void What_another_service_has_not_answered_does_not_keep_a_services_answers()
    {
        Take(1, service: _other);
        var number = Take(2);
        Sent(Map(_n2), TimeSpan.Zero).ShouldBe([number]);
        _router.Finish(number);
        var later = Take(3);
        _router.TrySend(later, Map(_n2), TimeSpan.Zero).ShouldNotBeNull().Request.LowestPending.ShouldBe(later);
    }

    [Fact]
    public void What_was_held_goes_on_in_the_order_in_which_it_came()
    {
        List<long> came = [];
        for (var i = 0; i < 5_000; i++) came.Add(Take(i, isRead: i % 3 == 0));
        Sent(Map(null), TimeSpan.FromSeconds(1)).ShouldBeEmpty();
        Sent(Map(_n2), TimeSpan.FromSeconds(1)).ShouldBe(came);
        Sent(Map(_n2), TimeSpan.FromSeconds(1)).ShouldBeEmpty("each is sent once");
        Sent(Map(_n1), TimeSpan.FromSeconds(1)).ShouldBe(came, "the next primary gets them in this order, too");
    }

    [Fact]
    public void Who_comes_later_does_not_pass_those_who_wait()
    {
        var first = Take(1);
        _router.TrySend(first, Map(_n2), TimeSpan.Zero).ShouldNotBeNull();
        _router.Unsend(first);
        var second = Take(2);
        _router.TrySend(second, Map(_n2), TimeSpan.Zero).ShouldBeNull("the first one has not been sent again");
        Sent(Map(_n2), TimeSpan.Zero).ShouldBe([first, second]);
        _router.TrySend(Take(3), Map(_n2), TimeSpan.Zero).ShouldNotBeNull("nobody waits any more");
    }

    [Fact]
    public void Writes_wait_for_enough_providers_in_sync_and_no_read_waits_for_them()
    {
        var write = Take(1);
        var needsTwo = Map(_n2, minInSync: 2);
        _router.TrySend(write, needsTwo, TimeSpan.Zero).ShouldBeNull();
        var read = Take(2, isRead: true);
        _router.TrySend(read, needsTwo, TimeSpan.Zero).ShouldNotBeNull();
        Sent(needsTwo, 2 * _heartbeat).ShouldBeEmpty();
        Sent(Map(_n2), 2 * _heartbeat).ShouldBe([write]);
    }

    [Fact]
    public void A_frozen_services_requests_wait_and_what_it_has_is_not_sent_to_it_again()
    {
        var sent = Take(1);
        _router.TrySend(sent, Map(_n2), TimeSpan.Zero).ShouldNotBeNull();
        var waiting = Take(2);
        Sent(Map(_n2, isFrozen: true), _heartbeat).ShouldBeEmpty();
        Sent(Map(_n2), 2 * _heartbeat).ShouldBe([waiting], "the switchover was given up");
        Sent(Map(_n1), 2 * _heartbeat).ShouldBe([sent, waiting]);
    }

    private static MemberId Member(string node) => new(new NodeId(node), new Incarnation(1, 1));

    /// <summary>There is the service kv, and no other one.</summary>
    private static ServiceMap Map(MemberId? primary, int minInSync = 0, bool isFrozen = false, long version = 1) =>
        new(new ConfigurationVersion(1), 1,
        [
            new ServiceEntry(
                new ServiceDefinition(_kv, "kv", 2, 1, true) { MinInSync = minInSync },
                new Understudy.Replication.Configuration(
                    _kv, new ConfigurationVersion(version), new Lineage(1), primary, [], new Epoch(1)))
            {
                IsFrozen = isFrozen,
            },
        ]);

    private long Take(
        long number,
        TimeSpan at = default,
        TimeSpan? holdFor = null,
        bool isRead = false,
        ServiceName? service = null,
        string? key = null,
        int bytes = 10) => _router.Take(
            new NodeInput.Requested(
                number, service ?? _kv, new byte[bytes], isRead, key, holdFor ?? TimeSpan.FromSeconds(5)),
            at);

    private IEnumerable<long> Sent(ServiceMap map, TimeSpan now) =>
        _router.Due(map, now).Select(sent => sent.Request.Id.Number);
}
