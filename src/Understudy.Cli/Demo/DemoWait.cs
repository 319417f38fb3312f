using System.Diagnostics;
using Understudy.Contracts;

namespace Understudy.Cli.Demo;

/// <summary>Waits for the cluster, and says why when it waited in vain.</summary>
internal sealed class DemoWait(DemoOptions options, DemoCluster cluster, IDemoView view)
{
    private const int WritesBetweenRounds = 100;

    private static readonly TimeSpan ShapePoll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan FailoverPoll = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until everything is as wanted, as some node sees it.</summary>
    /// <param name="except">A node not to ask: it may not know yet that it was away.</param>
    /// <param name="load">The clients, if they run.</param>
    public Task<StatusDocument> ForShapeAsync(DemoNode? except, Load? load, CancellationToken cancellationToken)
    {
        string missing = "no node answers";
        return UntilAsync(
            async () =>
            {
                cluster.CheckNoneEnded(null);
                if (await cluster.StatusAsync(except, cancellationToken) is not { } status) return null;
                if (Shape.Missing(status, options) is not { } lacking) return status;
                missing = lacking;
                view.Now($"waiting for the wanted shape: {lacking}");
                return null;
            },
            ShapePoll,
            () => $"the wanted shape was not reached: {missing}",
            load,
            cancellationToken);
    }

    /// <summary>Waits until the survivors have failed over and the gap writer was answered since.</summary>
    public async Task<StatusDocument> ForFailoverAsync(
        DemoNode victim, long versionBefore, Load load, CancellationToken cancellationToken)
    {
        var status = await UntilAsync(
            async () =>
            {
                cluster.CheckNoneEnded(victim);
                var status = await cluster.StatusAsync(victim, cancellationToken);
                return status is not null && Shape.HasFailedOver(status, victim.Id, versionBefore) ? status : null;
            },
            FailoverPoll,
            () => $"the loss of {victim.Id} did not end in a failover",
            load,
            cancellationToken);
        var seen = Monotonic.Nanoseconds;
        await UntilAsync(
            () => Task.FromResult(load.GapWriter.LastAck > seen ? status : null),
            FailoverPoll,
            () => $"no write was acknowledged after the loss of {victim.Id}",
            load,
            cancellationToken);
        return status;
    }

    /// <summary>Waits until the load flows: some writes of the gap writer are acknowledged.</summary>
    public Task ForWritesAsync(Load load, CancellationToken cancellationToken)
    {
        var wanted = load.GapWriter.Acks.Count + WritesBetweenRounds;
        return UntilAsync(
            () => Task.FromResult(load.GapWriter.Acks.Count >= wanted ? load : null),
            ShapePoll,
            () => "the clients' writes are not acknowledged",
            load,
            cancellationToken);
    }

    private async Task<T> UntilAsync<T>(
        Func<Task<T?>> look, TimeSpan poll, Func<string> complaint, Load? load, CancellationToken cancellationToken)
        where T : class
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < options.ShapePatience)
        {
            if (load is not null) await load.CheckAsync();
            if (await look() is { } found) return found;
            await Task.Delay(poll, cancellationToken);
        }

        throw new DemoFailedException($"{complaint()} (waited {options.ShapePatience.TotalSeconds:0} s)");
    }
}
