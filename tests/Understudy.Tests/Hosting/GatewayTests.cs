using System.Text;
using Microsoft.Extensions.Time.Testing;
using Understudy.Hosting;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Tests.Hosting;

public class GatewayTests
{
    private static readonly ServiceName _kv = new("kv");
    private static readonly Reply _answer = new(ReplyOutcome.Answered, new byte[] { 1 }, new(1), new NodeId("n1"));

    private readonly NodeInbox _inbox = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly Gateway _gateway;

    public GatewayTests() => _gateway = new Gateway(_inbox, TimeSpan.FromSeconds(5), _clock);

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
        var reply = await _gateway.SendAsync(new ServiceName("~registry"), default, true, null, CancellationToken.None);
        reply.Outcome.ShouldBe(ReplyOutcome.UnknownService);
        Posted<NodeInput>().ShouldBeEmpty();
    }

    [Fact]
    public async Task Too_many_requests_are_refused_at_once()
    {
        var held = Enumerable.Range(0, Gateway.MaxOutstanding).Select(_ => SendAsync()).ToArray();
        (await SendAsync()).Outcome.ShouldBe(ReplyOutcome.Unavailable);
        _gateway.Answer(Posted<NodeInput.Requested>()[0].Number, _answer);
        await held[0];
        var another = SendAsync();
        another.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public void What_is_outstanding_is_sent_again_with_the_time_that_is_left()
    {
        _ = SendAsync(isRead: true);
        _clock.Advance(TimeSpan.FromSeconds(2));
        _ = SendAsync(key: "mine");
        var before = Posted<NodeInput.Requested>();
        _clock.Advance(TimeSpan.FromSeconds(4));
        _gateway.SendAgain(before.Select(asked => asked.Number).ToHashSet());
        var after = Posted<NodeInput.Requested>();
        after.Select(asked => asked.Number).ShouldBe(before.Select(asked => asked.Number));
        after.Select(asked => asked.IdempotencyKey).ShouldBe([null, "mine"]);
        after.Select(asked => asked.HoldFor).ShouldBe([TimeSpan.Zero, TimeSpan.FromSeconds(1)]);
    }

    [Fact]
    public async Task A_change_without_a_key_that_an_incarnation_had_taken_is_not_sent_again()
    {
        var taken = SendAsync();
        var waiting = SendAsync();
        var before = Posted<NodeInput.Requested>();
        _gateway.SendAgain(new HashSet<long> { before[0].Number });
        Posted<NodeInput.Requested>().Select(asked => asked.Number).ShouldBe([before[1].Number]);
        waiting.IsCompleted.ShouldBeFalse();
        var reply = await taken;
        reply.Outcome.ShouldBe(ReplyOutcome.Unavailable);
        Encoding.UTF8.GetString(reply.Body.Span).ShouldContain("Whether the change was made is not known.");
    }

    [Fact]
    public async Task A_client_that_goes_is_reported_and_not_answered()
    {
        using var gone = new CancellationTokenSource();
        var reply = _gateway.SendAsync(_kv, default, true, null, gone.Token).AsTask();
        var asked = Posted<NodeInput.Requested>().Single();
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(reply);
        Posted<NodeInput.RequestAbandoned>().Single().Number.ShouldBe(asked.Number);
        _gateway.Answer(asked.Number, _answer);
        _gateway.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_closed_gateway_refuses_what_is_held_and_what_comes()
    {
        var held = SendAsync();
        _gateway.Close("stopped");
        foreach (var reply in new[] { await held, await SendAsync() })
        {
            reply.Outcome.ShouldBe(ReplyOutcome.Unavailable);
            Encoding.UTF8.GetString(reply.Body.Span).ShouldBe("stopped");
        }
    }

    private Task<Reply> SendAsync(bool isRead = false, string? key = null) =>
        _gateway.SendAsync(_kv, default, isRead, key, CancellationToken.None).AsTask();

    private T[] Posted<T>()
        where T : NodeInput
    {
        List<NodeInput> taken = [];
        _inbox.Take(ref taken);
        return [.. taken.Cast<T>()];
    }
}
