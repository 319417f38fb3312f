namespace Understudy;

/// <summary>
/// What a worker that <see cref="UnderstudyBuilder.AddPrimaryOnly{TWorker}"/> added works with. Ask for it in the
/// worker's constructor, or in that of a scoped service that the worker uses. One for each run.
/// </summary>
/// <example>
/// A worker whose outside effects carry the fencing token:
/// <code>
/// public sealed class Billing(IWorkerContext context, Ledger ledger) : BackgroundService
/// {
///     protected override async Task ExecuteAsync(CancellationToken stoppingToken)
///     {
///         using var nights = new PeriodicTimer(TimeSpan.FromHours(24));
///         while (await nights.WaitForNextTickAsync(stoppingToken))
///             await ledger.BillAsync(context.FencingToken, stoppingToken);
///     }
/// }
/// </code>
/// </example>
public interface IWorkerContext
{
    /// <summary>The service's name.</summary>
    string ServiceName { get; }

    /// <summary>
    /// Names the reign in which this run was begun; a run on another node later has a greater one. Give it to what the
    /// worker changes outside, and have that refuse a smaller token than the greatest it has seen: that guards against
    /// a machine that stood still with its clock, which nothing in this process can.
    /// </summary>
    FencingToken FencingToken { get; }

    /// <summary>
    /// Cancelled when the worker must stop: the same token as <c>ExecuteAsync</c> is given. Stop at once: if the view
    /// lease is about to end, the process ends one and a half heartbeats later (150 ms with <c>lan</c>).
    /// </summary>
    CancellationToken Demoted { get; }

    /// <summary>
    /// Whether the worker may act now: it was not told to stop, and the view lease lasts by this machine's clock. Ask
    /// before and after an effect that cannot carry the token, where the kernel ends no process
    /// (<see cref="UnderstudyOptions.EndProcessWithLease"/>).
    /// </summary>
    bool MayAct { get; }

    /// <summary>Throws unless <see cref="MayAct"/>.</summary>
    /// <exception cref="OperationCanceledException">The worker must stop.</exception>
    void ThrowIfDemoted();
}
