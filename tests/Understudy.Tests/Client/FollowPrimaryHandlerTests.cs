using System.Net.Http.Json;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Understudy.Client;
using Understudy.Client.Protocol;
using Understudy.Contracts;

namespace Understudy.Tests.Client;

public sealed class FollowPrimaryHandlerTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly PatienceClock _clock = new();
    private readonly ToldNodes _nodes = new();
    private readonly ServiceLocator _locator;
    private readonly HttpClient _client;

    public FollowPrimaryHandlerTests()
    {
        _locator = new ServiceLocator(["http://n1:1"], _nodes, _clock);
        var handler = new FollowPrimaryHandler("kv", _locator, new FollowPrimaryOptions(), _nodes, _clock);
        _client = new HttpClient(handler) { BaseAddress = new Uri("http://kv/") };
    }

    public void Dispose()
    {
        _client.Dispose();
        _locator.Dispose();
        _nodes.Dispose();
    }

    [Fact]
    public async Task A_node_that_holds_a_request_may_still_answer_it_when_there_is_a_new_primary()
    {
        var (answer, holder) = await HeldAsync();
        await TellAsync(RequestPlanTests.Map(2, "n3"));
        await _clock.IsPatient.WaitAsync(_patience);
        holder.Says("held");
        (await answer).ShouldBe("held");
    }

    [Fact]
    public async Task A_node_that_holds_a_request_and_hangs_is_left_for_the_new_primary()
    {
        var (answer, _) = await HeldAsync();
        await TellAsync(RequestPlanTests.Map(2, "n3"));
        await _clock.IsPatient.WaitAsync(_patience);
        _clock.Advance(RequestPlan.HolderPatience);
        var next = await _nodes.NextAsync();
        next.Host.ShouldBe("n3");
        next.Says("new");
        (await answer).ShouldBe("new");
    }

    [Fact]
    public async Task A_primary_that_is_none_any_more_is_left_at_once()
    {
        await TellAsync(RequestPlanTests.Map(1, "n1"));
        var answer = _client.GetStringAsync("keys/a");
        (await _nodes.NextAsync()).Host.ShouldBe("n1");
        await TellAsync(RequestPlanTests.Map(2, "n3"));
        var second = await _nodes.NextAsync();
        second.Host.ShouldBe("n3");
        second.Says("new");
        (await answer).ShouldBe("new");
    }

    [Fact]
    public async Task Secondaries_are_kept_warm_and_not_asked_again_when_other_services_change()
    {
        await TellAsync(WithSecondary(1, "n2"));
        var answer = _client.GetStringAsync("keys/a");
        (await _nodes.NextAsync()).Says("one");
        (await answer).ShouldBe("one");
        await ProbedAsync("n2");
        await TellAsync(new ServiceMapDocument { Id = "c.1.2", Node = "n1", Services = [] });
        await TellAsync(WithSecondary(3, "n3"));
        await ProbedAsync("n3");
        _nodes.Probed.ShouldBe(["n2", "n3"]);
    }

    [Fact]
    public async Task A_connection_that_is_reset_as_it_is_made_was_not_used()
    {
        await TellAsync(RequestPlanTests.Map(1, "n1"));
        var answer = _client.PostAsync("keys/a", JsonContent.Create("of a length that is not known: sent once"));
        (await _nodes.NextAsync()).Answer.SetException(new SocketException((int)SocketError.NotConnected));
        (await _nodes.NextAsync()).Says("taken");
        using var response = await answer;
        (await response.Content.ReadAsStringAsync()).ShouldBe("taken");
    }

    /// <summary>A request that another node holds, as its primary was lost.</summary>
    private async Task<(Task<string> Answer, ToldNodes.Asked Holder)> HeldAsync()
    {
        await TellAsync(RequestPlanTests.Map(1, "n1"));
        var answer = _client.GetStringAsync("keys/a");
        var first = await _nodes.NextAsync();
        first.Host.ShouldBe("n1");
        first.Answer.SetException(new HttpRequestException("its process was killed"));
        var holder = await _nodes.NextAsync();
        holder.Host.ShouldBe("n2");
        return (answer, holder);
    }

    private async Task TellAsync(ServiceMapDocument map)
    {
        var changed = _locator.Changed;
        _nodes.Tell(map);
        await changed.WaitAsync(TestContext.Current.CancellationToken);
    }

    private async Task ProbedAsync(string host)
    {
        while (!_nodes.Probed.Contains(host))
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Tells when a node that holds a request has begun to be waited for.</summary>
    private sealed class PatienceClock : FakeTimeProvider
    {
        private readonly TaskCompletionSource _isPatient = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task IsPatient => _isPatient.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime == RequestPlan.HolderPatience) _isPatient.TrySetResult();
            return timer;
        }
    }

    private static ServiceMapDocument WithSecondary(long version, string secondary)
    {
        var map = RequestPlanTests.Map(version, "n1");
        var entry = map.Services[0];
        return map with
        {
            Services =
            [
                entry with
                {
                    Endpoints = [.. entry.Endpoints, new(secondary, "secondary", $"http://{secondary}:1/svc/kv")],
                },
            ],
        };
    }
}
