using System.Diagnostics;
using Understudy.Contracts;
using Understudy.Replication;

namespace Understudy.Benchmarks;

/// <summary>
/// The primary's part of a transfer: fills its state, commits, asks for one more secondary, and measures while the node
/// that has nothing is brought up.
/// </summary>
internal sealed class TransferLoad(
    IUnderstudyNode node, IUnderstudyAdmin admin, ValuesService service, IPrimaryContext primary, int callers)
{
    private const int SmallBytes = 124;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(4);

    private int _caller;

    private ServiceStatus Status => node.Status.Services.First(status => status.Name == ValuesService.Name);

    public async Task<TransferResult> RunAsync(int megabytes, ServiceDefinition wanted, CancellationToken stop)
    {
        await FillAsync(megabytes);
        var load = new CallerLoad(Caller, callers);
        await load.RunAsync(WarmUp);
        var before = await load.RunAsync(Before);
        var answer = await admin.CommandAsync(new OperatorCommand.ChangeService(wanted), cancellationToken: stop);
        if (answer.Outcome is not (CommandOutcome.Done or CommandOutcome.Accepted))
            throw new IOException($"no further secondary: {answer.Text}");

        var asked = Stopwatch.GetTimestamp();
        await load.RunAsync(UntilAsync(status => Newcomer(status) is not null, stop));
        var (began, first, memory) = (Stopwatch.GetTimestamp(), Newcomer(Status), Environment.WorkingSet);
        var most = memory;
        var during = await load.RunAsync(UntilAsync(
            status =>
            {
                most = Math.Max(most, Environment.WorkingSet);
                return Newcomer(status) is null;
            },
            stop));
        var took = Stopwatch.GetElapsedTime(began);
        await load.RunAsync(UntilAsync(status => status.Secondaries.Count == wanted.Secondaries, stop));
        var bytes = first is null ? 0 : first.TotalBytes!.Value - first.Bytes!.Value;
        return new TransferResult(
            Math.Round(bytes / 1e6 / took.TotalSeconds),
            Math.Round(during.PerSecond / before.PerSecond, 3),
            Math.Round(before.PerSecond),
            Math.Round(during.Max, 1),
            Math.Round((most - memory) / 1e6),
            Math.Round(Stopwatch.GetElapsedTime(asked).TotalSeconds, 1));
    }

    // Each caller replaces a value of its own.
    private Func<ValueTask<long>> Caller()
    {
        var number = _caller++ % ValuesService.SmallValues;
        ReadOnlyMemory<byte> Make() => service.Put(number, SmallBytes);
        Func<ReadOnlyMemory<byte>> make = Make;
        return () => primary.CheckpointAsync(make);
    }

    private async Task FillAsync(int megabytes)
    {
        var (left, next) = (megabytes * 1_000_000L / ValuesService.LargeBytes, ValuesService.SmallValues);
        async Task PutAsync()
        {
            while (Interlocked.Decrement(ref left) >= 0)
                await primary.CheckpointAsync(() => service.Put(next++, ValuesService.LargeBytes));
        }

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(PutAsync)));
    }

    /// <summary>The provider that is being sent the snapshot, or null.</summary>
    private static JoiningStatus? Newcomer(ServiceStatus status) =>
        status.Joining.FirstOrDefault(joining => joining.TotalBytes is not null);

    private async Task UntilAsync(Func<ServiceStatus, bool> condition, CancellationToken stop)
    {
        while (!condition(Status)) await Task.Delay(Poll, stop);
    }
}
