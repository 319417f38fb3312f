using System.Text;
using Microsoft.Extensions.Time.Testing;
using Understudy.Hosting;
using Understudy.Http;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Tests.Hosting;

public sealed class GatewayTests : IDisposable
{
    private static readonly ServiceName _kv = new("kv");
    private static readonly Reply _answer = new(ReplyOutcome.Answered, new byte[] { 1 }, new(1), new NodeId("n1"));

    private readonly NodeInbox _inbox = new();
    private readonly WatchedClock _clock = new();
    private readonly Gateway _gateway;
    private readonly MetricReader _metrics;

    public GatewayTests()
    {
        // No other test has a node of this name, so no other gateway's numbers are heard.
        var self = new NodeId($"gateway-{Guid.NewGuid():n}");
        var admission = new RequestAdmission(
            1 << 30, _ => new HoldBounds(Most, MostBytes, TimeSpan.FromSeconds(5)), name => name.Value.Length < 10);
        _metrics = new MetricReader(self);
        _gateway = new Gateway(self, _inbox, admission, _clock);
    }

    private const int Most = 4;
    private const int MostBytes = 1000;

    private IGateway Clients => _gateway;

    public void Dispose()
    {
        _gateway.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public async Task A_request_is_answered_once_by_its_number()
    {
        var reply = SendAsync();
        var asked = Posted<NodeInput.Requested>().Single();
        _gateway.Answer(asked.Number, _answer);
        _gateway.Answer(asked.Number, _answer with { Outcome = ReplyOutcome.KeyReused });
        (await reply).ShouldBe(_answer);
        _gateway.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_request_for_what_is_the_frameworks_own_is_refused_at_once()
    {
        var reply = await Clients.SendAsync(new ServiceName("~registry"), default, true, null, CancellationToken.None);
        reply.Outcome.ShouldBe(ReplyOutcome.UnknownService);
        Posted<NodeInput>().ShouldBeEmpty();
    }

    [Fact]
    public async Task Too_many_requests_are_refused_at_once()
    {
        var held = Enumerable.Range(0, Most).Select(_ => SendAsync()).ToArray();
        var refused = await SendAsync();
        refused.Outcome.ShouldBe(ReplyOutcome.Unavailable);
        Text(refused).ShouldBe("This node has 4 unanswered requests for kv, as many as it may: max-requests in "
            + "[service.kv.hold]. Try again.");
        SendAsync(service: "other").IsCompleted.ShouldBeFalse("another service has places of its own");
        _gateway.Answer(Posted<NodeInput.Requested>()[0].Number, _answer);
        await held[0];
        var another = SendAsync();
        another.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Too_many_bytes_are_refused_at_once_and_given_back_when_they_are_answered()
    {
        _ = SendAsync(bytes: MostBytes - 1);
        var refused = await SendAsync(bytes: 2);
        Text(refused).ShouldBe("This node's unanswered requests for kv would have more than the 1000 bytes that they "
            + "may: max-bytes in [service.kv.hold]. Try again.");
        (_gateway.Count, _gateway.Status.Single().Bytes).ShouldBe((1, MostBytes - 1), "what is refused is not counted");
        _gateway.Answer(Posted<NodeInput.Requested>().Single().Number, _answer);
        (_gateway.Count, _gateway.Status.Single().Bytes).ShouldBe((0, 0));
    }

    [Fact]
    public async Task A_body_counts_from_when_it_is_read_until_its_request_is_answered()
    {
        var admission = _gateway.Admit(_kv);
        admission.TryReach(600).ShouldBeTrue();
        (await SendAsync(bytes: 401)).Outcome.ShouldBe(ReplyOutcome.Unavailable);
        var reply = _gateway.SendAsync(admission, new byte[700], isRead: false, null, CancellationToken.None).AsTask();
        _gateway.Status.Single().Bytes.ShouldBe(700, "as it was sent, it was longer");
        _gateway.Answer(Posted<NodeInput.Requested>().Single().Number, _answer);
        await reply;
        admission.Dispose();
        (_gateway.Count, _gateway.Status.Single().Bytes).ShouldBe((0, 0), "it is given back once");
    }

    [Fact]
    public async Task Whoever_ends_a_request_gives_its_place_back()
    {
        _gateway.Admit(_kv).Dispose();
        using (var over = _gateway.Admit(_kv))
        {
            over.TryReach(MostBytes + 1).ShouldBeFalse();
            over.TryReach(1).ShouldBeFalse("a refused request stays refused");
            (await _gateway.SendAsync(over, default, true, null, CancellationToken.None)).ShouldBe(over.Refusal);
        }

        using var gone = new CancellationTokenSource();
        var abandoned = Clients.SendAsync(_kv, new byte[9], true, null, gone.Token).AsTask();
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(abandoned);
        var late = _gateway.Admit(_kv);
        await Should.ThrowAsync<OperationCanceledException>(
            async () => await _gateway.SendAsync(late, default, true, null, gone.Token));

        var taken = SendAsync(bytes: 9);
        _gateway.SendAgain(_ => true);
        (await taken).Outcome.ShouldBe(ReplyOutcome.Unknown);
        (_gateway.Count, _gateway.Status.Single().Bytes).ShouldBe((0, 0));
        var held = SendAsync(bytes: 9);
        _gateway.Close("stopped");
        await held;
        (_gateway.Count, _gateway.Status.Single().Bytes).ShouldBe((0, 0));
    }

    [Fact]
    public async Task The_status_says_of_each_service_what_waits_and_how_long()
    {
        _ = SendAsync(bytes: 10);
        _clock.Advance(TimeSpan.FromSeconds(2));
        _ = SendAsync(bytes: 5);
        _ = SendAsync(service: "other");
        _ = SendAsync(service: "there-is-no-such-service");
        await SendAsync(bytes: MostBytes);
        _clock.Advance(TimeSpan.FromSeconds(1));
        _gateway.Status.Select(each => (each.Service, each.Waiting, each.Bytes, each.LongestSeconds, each.Refused))
            .ShouldBe([("kv", 2, 15, 3, 1), ("other", 1, 0, 1, 0), ("~unknown", 1, 0, 0, 0)]);
        var bounds = _gateway.Status[0];
        (bounds.MaxWaiting, bounds.MaxBytes, bounds.MaxSeconds).ShouldBe((Most, MostBytes, 5));
    }

    [Fact]
    public async Task The_meter_has_the_same_and_how_long_requests_took()
    {
        var (answered, expired) = (SendAsync(bytes: 10), SendAsync(bytes: 20));
        await SendAsync(bytes: MostBytes);
        for (var i = 0; i < Most - 1; i++) _ = SendAsync();
        _clock.Advance(TimeSpan.FromSeconds(2));
        _metrics.Read("understudy.requests.waiting").ShouldBe([("kv", null, Most)]);
        _metrics.Read("understudy.requests.bytes").ShouldBe([("kv", null, 30)]);
        _metrics.Read("understudy.requests.longest_wait").ShouldBe([("kv", null, 2)]);
        var numbers = Posted<NodeInput.Requested>().Select(asked => asked.Number).ToArray();
        _gateway.Answer(numbers[0], _answer);
        _gateway.Answer(numbers[1], _answer with { Outcome = ReplyOutcome.Unavailable });
        await Task.WhenAll(answered, expired);
        _metrics.Read("understudy.requests.refused").ShouldBe(
            [("kv", "max-bytes", 1), ("kv", "max-requests", 1), ("kv", "seconds", 1)]);
        _metrics.Read("understudy.requests.duration").ShouldBe([("kv", null, 2)]);
        _metrics.Read("understudy.requests.waiting").ShouldBe([("kv", null, Most - 2)]);
        _gateway.Status.Single().Refused.ShouldBe(3);
    }

    [Fact]
    public void What_is_outstanding_is_sent_again_with_the_time_that_is_left()
    {
        _ = SendAsync(isRead: true);
        _clock.Advance(TimeSpan.FromSeconds(2));
        _ = SendAsync(key: "mine");
        var before = Posted<NodeInput.Requested>();
        _clock.Advance(TimeSpan.FromSeconds(4));
        _gateway.SendAgain(_ => false);
        var after = Posted<NodeInput.Requested>();
        after.Select(asked => asked.Number).ShouldBe(before.Select(asked => asked.Number));
        after.Select(asked => asked.IdempotencyKey).ShouldBe([null, "mine"]);
        after.Select(asked => asked.HoldFor).ShouldBe([TimeSpan.Zero, TimeSpan.FromSeconds(1)]);
    }

    [Fact]
    public async Task A_change_without_a_key_that_an_incarnation_had_sent_is_not_sent_again_and_a_held_one_is()
    {
        var sent = SendAsync();
        var held = SendAsync();
        var before = Posted<NodeInput.Requested>();
        _gateway.SendAgain(number => number == before[0].Number);
        Posted<NodeInput.Requested>().Select(asked => asked.Number).ShouldBe([before[1].Number]);
        held.IsCompleted.ShouldBeFalse();
        var reply = await sent;
        reply.Outcome.ShouldBe(ReplyOutcome.Unknown, "who is told to try again may make it twice");
        Encoding.UTF8.GetString(reply.Body.Span).ShouldContain("Whether the change was made is not known.");
    }

    [Fact]
    public async Task A_client_that_goes_is_reported_and_not_answered()
    {
        using var gone = new CancellationTokenSource();
        var reply = Clients.SendAsync(_kv, default, true, null, gone.Token).AsTask();
        var asked = Posted<NodeInput.Requested>().Single();
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(reply);
        Posted<NodeInput.RequestAbandoned>().Single().Number.ShouldBe(asked.Number);
        _gateway.Answer(asked.Number, _answer);
        _gateway.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_client_that_goes_while_it_is_taken_is_reported_after_its_request()
    {
        using var gone = new CancellationTokenSource();
        _clock.OnAsked = gone.Cancel; // The gateway looks at the clock between looking at the token and watching it.
        var reply = Clients.SendAsync(_kv, default, true, null, gone.Token).AsTask();
        await Should.ThrowAsync<OperationCanceledException>(reply);
        Posted<NodeInput>()[^2..].Select(input => input.GetType()).ShouldBe(
            [typeof(NodeInput.Requested), typeof(NodeInput.RequestAbandoned)]);
    }

    [Fact]
    public async Task A_closed_gateway_refuses_what_is_held_and_what_comes()
    {
        var (read, keyed) = (SendAsync(isRead: true), SendAsync(key: "mine"));
        _gateway.Close("stopped");
        foreach (var reply in new[] { await read, await keyed, await SendAsync() })
        {
            reply.Outcome.ShouldBe(ReplyOutcome.Unavailable);
            Text(reply).ShouldBe("stopped");
        }
    }

    [Fact]
    public async Task A_change_without_a_key_that_a_closed_gateway_had_taken_has_an_unknown_outcome()
    {
        var taken = SendAsync();
        _gateway.Close("It stopped.");
        var reply = await taken;
        reply.Outcome.ShouldBe(ReplyOutcome.Unknown);
        Text(reply).ShouldBe("It stopped. Whether the change was made is not known.");
    }

    private Task<Reply> SendAsync(bool isRead = false, string? key = null, int bytes = 0, string service = "kv") =>
        Clients.SendAsync(new ServiceName(service), new byte[bytes], isRead, key, CancellationToken.None).AsTask();

    private static string Text(Reply reply) => Encoding.UTF8.GetString(reply.Body.Span);

    private T[] Posted<T>()
        where T : NodeInput
    {
        List<NodeInput> taken = [];
        _inbox.Take(ref taken);
        return [.. taken.Cast<T>()];
    }

    /// <summary>Says when it is asked.</summary>
    private sealed class WatchedClock : FakeTimeProvider
    {
        public Action? OnAsked { get; set; }

        public override long GetTimestamp()
        {
            OnAsked?.Invoke();
            return base.GetTimestamp();
        }
    }
}
