using Microsoft.Extensions.Time.Testing;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Services;

namespace Understudy.Tests.Services;

public sealed class CommitCostTests
{
    private const int Callers = 64;
    private const int PayloadBytes = 128;

    /// <summary>The checkpoint's own array, and its slot in the offer.</summary>
    private const int MostPerCommit = PayloadBytes + 80;

    private static readonly byte[] _payload = new byte[PayloadBytes];
    private static readonly Func<ReadOnlyMemory<byte>> _change = () => _payload;

    private readonly ValueTask<long>[] _commits = new ValueTask<long>[Callers];
    private readonly Tally _tally = new();
    private readonly ServiceExecutor _executor;
    private ServiceReport.Offered? _offered;

    public CommitCostTests() => _executor = new ServiceExecutor(
        new ServiceName("tally"),
        _tally,
        report => _offered = report as ServiceReport.Offered,
        () => { },
        new FakeTimeProvider());

    [Fact]
    public async Task A_commit_allocates_nothing_but_its_checkpoint()
    {
        _executor.Take(new ServiceInstruction.BecomePrimary(1, new ConfigurationVersion(1), default, 0));
        await _executor.RunAsync();
        for (var i = 0; i < 50; i++)
        {
            Commit();
            await CallersAsync();
        }

        long allocated = 0;
        const int Rounds = 50;
        for (var i = 0; i < Rounds; i++)
        {
            allocated += Commit();
            await CallersAsync();
        }

        (allocated / (Rounds * Callers)).ShouldBeLessThanOrEqualTo(MostPerCommit);
    }

    /// <summary>One batch, on this thread.</summary>
    /// <returns>What was allocated for it.</returns>
    private long Commit()
    {
        var context = _tally.Primary!;
        var before = GC.GetAllocatedBytesForCurrentThread();
#pragma warning disable CA2012 // Each is awaited once, in CallersAsync.
        for (var i = 0; i < Callers; i++) _commits[i] = context.CheckpointAsync(_change);
#pragma warning restore CA2012
        var run = _executor.RunAsync();
        run.IsCompletedSuccessfully.ShouldBeTrue("the service waits for nothing");
        _executor.Take(new ServiceInstruction.NoteReleased(1, _offered!.FirstSequence + Callers - 1));
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private async Task CallersAsync()
    {
        var first = _offered!.FirstSequence;
        for (var i = 0; i < Callers; i++) (await _commits[i]).ShouldBe(first + i);
    }
}
