using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Tests.Http;

namespace Understudy.Tests.Web;

public sealed class ServiceGatewayTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    /// <summary>Each attempt asks the primary's node: without the pause there would be thousands a second.</summary>
    [Fact]
    public async Task A_confirmed_primary_that_takes_no_connection_is_asked_again_after_a_pause()
    {
        var clock = new PausedClock();
        var bounds = new HoldBounds(10, 1 << 20, TimeSpan.FromMilliseconds(100));
        await using var fixture = await HttpFixture.StartAsync(bounds, clock: clock);
        fixture.HasKeysOfAll = false;
        fixture.Refusal = new Reply(
            ReplyOutcome.Answered, default, new ConfigurationVersion(7), new NodeId("unreachable"));
        var asked = fixture.Client.GetAsync(new Uri(fixture.Client.BaseAddress!, "/svc/shop/x"));

        // What it knew by itself was wrong, so it asks; then it is sure, and waits.
        for (var sent = 2; sent <= 6; sent++)
        {
            (await clock.PausedAsync()).ShouldBe(TimeSpan.FromMilliseconds(20));
            fixture.Sent.ShouldBe(sent);
            clock.Advance(TimeSpan.FromMilliseconds(20));
        }

        await clock.PausedAsync();
        clock.Advance(TimeSpan.FromMilliseconds(20));
        using var answer = await asked.WaitAsync(_patience, TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, "it has waited as long as it may");
    }

    /// <summary>Tells how long somebody waits by it.</summary>
    private sealed class PausedClock : FakeTimeProvider
    {
        private readonly Channel<TimeSpan> _pauses = Channel.CreateUnbounded<TimeSpan>();

        public async Task<TimeSpan> PausedAsync() => await _pauses.Reader.ReadAsync().AsTask().WaitAsync(_patience);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _pauses.Writer.TryWrite(dueTime);
            return timer;
        }
    }
}
