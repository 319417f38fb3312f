using Understudy.Kernel;
using Understudy.Simulator.Clients;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// What clients asked of one lineage of a service. A lineage begins empty, and nothing that an earlier one
/// acknowledged is promised in it: each is judged as a service of its own.
/// </summary>
/// <param name="Service">The service.</param>
/// <param name="Lineage">The lineage.</param>
/// <param name="IsLast">Whether it is the present one.</param>
/// <param name="Answered">The operations that it answered.</param>
/// <param name="Unknown">Those that it may have executed, once or not at all.</param>
internal sealed record LineageHistory(
    ServiceName Service,
    Lineage Lineage,
    bool IsLast,
    List<ClientOperation> Answered,
    List<ClientOperation> Unknown)
{
    /// <summary>One for each lineage of which anything is promised, if it began empty.</summary>
    public static IEnumerable<LineageHistory> Of(
        IReadOnlyList<ClientOperation> history, Activations activations, LostServices losses)
    {
        foreach (var operations in history.GroupBy(o => o.Service))
        {
            var service = operations.Key;
            var lineages = activations.LineagesOf(service).DefaultIfEmpty().ToList();
            foreach (var lineage in lineages)
            {
                if (!IsPromised(service, lineage, activations, losses)) continue;
                yield return new LineageHistory(
                    service,
                    lineage,
                    lineage == lineages[^1],
                    [.. operations.Where(o => IsAnswered(o) && o.Lineage == lineage)],
                    [.. operations.Where(o => MayHaveExecuted(o, lineage, activations))]);
            }
        }
    }

    /// <summary>
    /// Whether its clients are promised what can be judged: it commits before it answers, was not lost, and did not
    /// begin from an old copy.
    /// </summary>
    private static bool IsPromised(
        ServiceName service, Lineage lineage, Activations activations, LostServices losses) =>
        !losses.IsPeriodic(service) && !losses.IsLost(service, lineage)
        && activations.Beginning(service, lineage).Origin is null;

    private static readonly long LongestHold = TimeSpan.FromSeconds(30).Ticks;

    private static bool IsAnswered(ClientOperation operation) => operation.Outcome == OperationOutcome.Answered;

    /// <summary>
    /// It was not answered; or an earlier lineage answered one of its attempts, and this one may have had another; or a
    /// later one answered, and it was asked before that began: a gateway repeats by itself what nobody answers. Nobody
    /// holds an attempt for as long as this: what ended long before the lineage began did not reach it.
    /// </summary>
    private static bool MayHaveExecuted(ClientOperation operation, Lineage lineage, Activations activations)
    {
        if (operation.IsNotMade) return false;
        var isOver = operation.SentAt + LongestHold < activations.Beginning(operation.Service, lineage).At;
        if (isOver && lineage.Value > 1) return false;
        if (!IsAnswered(operation)) return true;
        if (operation.Lineage == lineage) return false;
        if (operation.Lineage.Value < lineage.Value) return operation.Attempts > 1;
        return operation.CalledAt < activations.Beginning(operation.Service, operation.Lineage).At;
    }
}
