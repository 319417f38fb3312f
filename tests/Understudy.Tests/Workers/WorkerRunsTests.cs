using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Services;
using Understudy.Workers;

namespace Understudy.Tests.Workers;

/// <summary>Runs workers for a node that is not there; the timer that would kill the process is a false one.</summary>
public sealed class WorkerRunsTests : IDisposable
{
    private static readonly ServiceName Billing = new("billing");

    private readonly Channel<NodeInput.WorkerEnded> _ends = Channel.CreateUnbounded<NodeInput.WorkerEnded>();
    private readonly List<Exception> _failures = [];
    private readonly ServiceCatalog _catalog = new();
    private readonly FakeKillTimer _timer = new();
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(60));
    private WorkerRuns? _runs;

    [Fact]
    public async Task The_process_s_end_is_set_before_any_of_the_worker_s_code_runs()
    {
        TimeSpan? atStart = null;
        var begun = new TaskCompletionSource();
        Start((_, stop) =>
        {
            atStart = _timer.At;
            begun.SetResult();
            return ScriptedWorker.UntilAsync(stop);
        });
        await begun.Task.WaitAsync(_patience.Token);

        atStart.ShouldNotBeNull();
        _runs!.Stop(new NodeEffect.StopWorker(Billing, 1));
        (await EndAsync()).End.ShouldBe(WorkerEnd.Stopped);
        await _timer.IsOff.WaitAsync(_patience.Token);
    }

    [Fact]
    public async Task A_worker_has_its_token_and_may_act_until_it_is_told_to_stop()
    {
        var asked = new TaskCompletionSource<IWorkerContext>();
        Start((context, stop) =>
        {
            asked.SetResult(context);
            return ScriptedWorker.UntilAsync(stop);
        });
        var context = await asked.Task.WaitAsync(_patience.Token);

        context.ServiceName.ShouldBe("billing");
        context.FencingToken.ShouldBe(new FencingToken(new Lineage(1), new ConfigurationVersion(7)));
        context.MayAct.ShouldBeTrue();
        context.ThrowIfDemoted();
        _runs!.EndIncarnation();
        context.MayAct.ShouldBeFalse();
        context.Demoted.IsCancellationRequested.ShouldBeTrue();
        Should.Throw<OperationCanceledException>(context.ThrowIfDemoted);
        await _timer.IsOff.WaitAsync(_patience.Token);
        _ends.Reader.TryRead(out _).ShouldBeFalse("nobody waits for a run of an incarnation that has ended");
    }

    [Fact]
    public async Task A_worker_that_throws_has_failed_and_one_that_returns_is_done()
    {
        Start((_, _) => throw new InvalidOperationException("no bills"));
        (await EndAsync()).ShouldBe(new NodeInput.WorkerEnded(
            Billing, 1, WorkerEnd.Failed, "it threw InvalidOperationException: no bills"));

        Order(2);
        (await EndAsync()).End.ShouldBe(WorkerEnd.Failed);
        _failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_worker_that_returns_is_done()
    {
        Start((_, _) => Task.CompletedTask);

        (await EndAsync()).End.ShouldBe(WorkerEnd.Completed);
    }

    [Fact]
    public async Task A_run_of_the_next_incarnation_waits_for_that_of_the_last_one()
    {
        var release = new TaskCompletionSource();
        var active = 0;
        var most = 0;
        var ended = new TaskCompletionSource();
        Start(async (_, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref active));
            await release.Task;
            if (Interlocked.Decrement(ref active) == 0 && most > 0) ended.TrySetResult();
        });
        _runs!.EndIncarnation();
        _runs.Begin(Post, TimeProvider.System.GetTimestamp());
        Order(1);
        release.SetResult();

        (await EndAsync()).End.ShouldBe(WorkerEnd.Completed);
        most.ShouldBe(1);
    }

    [Fact]
    public async Task A_kind_without_code_is_a_failure_that_says_so()
    {
        Begin();
        Order(1);

        (await EndAsync()).Reason.ShouldContain("This node has no worker \"billing\"");
    }

    [Fact]
    public async Task Without_a_lease_nothing_is_run()
    {
        _catalog.AddWorker("billing", _ => throw new InvalidOperationException("It ran."));
        Begin();
        _runs!.Run(new NodeEffect.RunWorker(
            Billing, "billing", 1, new ConfigurationVersion(7), new Lineage(1), TimeSpan.Zero));

        (await EndAsync()).End.ShouldBe(WorkerEnd.Stopped);
        _timer.At.ShouldBeNull();
    }

    [Fact]
    public async Task A_worker_that_does_not_stop_before_the_lease_ends_ends_the_process()
    {
        var failed = new TaskCompletionSource<Exception>();
        _catalog.AddWorker("billing", context => new WorkerInstance(
            new ScriptedWorker(context, (_, _) => ScriptedWorker.UntilAsync(_patience.Token)), null));
        _runs = new WorkerRuns(
            _catalog, Profile.Lan, TimeProvider.System, failed.SetResult, NullLogger.Instance, _ => _timer);
        _runs.Begin(Post, TimeProvider.System.GetTimestamp());
        _runs.Run(new NodeEffect.RunWorker(
            Billing, "billing", 1, new ConfigurationVersion(7), new Lineage(1), Profile.Lan.Lease));

        (await failed.Task.WaitAsync(_patience.Token)).Message.ShouldStartWith(
            "The worker billing was told to stop and has not stopped. The process ends");
        _timer.At.ShouldNotBeNull();
        await _patience.CancelAsync();
    }

    public void Dispose()
    {
        _patience.Cancel();
        _runs?.Dispose();
        _patience.Dispose();
    }

    private void Start(Func<IWorkerContext, CancellationToken, Task> script)
    {
        _catalog.AddWorker("billing", context => new WorkerInstance(new ScriptedWorker(context, script), null));
        Begin();
        Order(1);
    }

    private void Begin()
    {
        _runs = new WorkerRuns(
            _catalog, Profile.Wan, TimeProvider.System, _failures.Add, NullLogger.Instance, _ => _timer);
        _runs.Begin(Post, TimeProvider.System.GetTimestamp());
    }

    /// <summary>A lease that outlasts every test.</summary>
    private void Order(long run) => _runs!.Run(new NodeEffect.RunWorker(
        Billing, "billing", run, new ConfigurationVersion(7), new Lineage(1), TimeSpan.FromHours(1)));

    private void Post(NodeInput input) => _ends.Writer.TryWrite((NodeInput.WorkerEnded)input).ShouldBeTrue();

    private async Task<NodeInput.WorkerEnded> EndAsync() => await _ends.Reader.ReadAsync(_patience.Token);
}
