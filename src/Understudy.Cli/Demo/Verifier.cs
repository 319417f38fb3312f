using Understudy.Verification;

namespace Understudy.Cli.Demo;

/// <summary>What became of the writes of a whole run.</summary>
/// <param name="Acknowledged">How many writes were acknowledged.</param>
/// <param name="Lost">How many of them cannot be found at the end.</param>
/// <param name="Duplicated">How many times more than it was asked a write took effect.</param>
/// <param name="Linearizable">Whether the whole history is.</param>
/// <param name="Finding">The first thing that is wrong, for people; null if nothing is.</param>
internal sealed record Findings(int Acknowledged, int Lost, int Duplicated, bool Linearizable, string? Finding)
{
    public bool AreGood => Lost == 0 && Duplicated == 0 && Linearizable;
}

/// <summary>Compares what the clients were told with what is there at the end.</summary>
internal static class Verifier
{
    /// <param name="history">Every operation, ending with a read of every key.</param>
    public static Findings Check(IReadOnlyList<Operation> history)
    {
        int lost = 0, duplicated = 0;
        string? finding = null;
        foreach (var key in history.GroupBy(operation => operation.Done.Key))
        {
            var (lostHere, extraHere) = CheckKey([.. key.OrderBy(operation => operation.Done.CalledAt)]);
            lost += lostHere;
            duplicated += extraHere;
            if (lostHere > 0) finding ??= $"{lostHere} acknowledged writes of {key.Key} are not there";
            if (extraHere > 0) finding ??= $"{extraHere} increments of {key.Key} took effect twice";
        }

        var checkedHistory = LinearizabilityChecker.Check([.. history.Select(operation => operation.Done)]);
        var isLinearizable = checkedHistory.Verdict == Verdict.Linearizable;
        if (!isLinearizable)
            finding ??= $"{checkedHistory.Verdict}: {checkedHistory.Key}, {checkedHistory.Blocked?.ToString() ?? ""}";
        return new Findings(
            history.Count(operation => operation.IsAcknowledgedWrite), lost, duplicated, isLinearizable, finding);
    }

    private static (int Lost, int Duplicated) CheckKey(Operation[] operations)
    {
        var writes = operations.Where(operation => operation.IsWrite).ToArray();
        if (writes.Length == 0) return (0, 0);
        var last = operations[^1].Done;
        var end = last is { Kind: KvOperationKind.Get, Outcome: KvOutcome.Done } ? last.Value : (long?)null;
        if (writes.All(write => write.Done.Kind == KvOperationKind.Increment)) return CheckCounter(writes, end ?? 0);
        return writes.All(write => write.Client == writes[0].Client && write.Done.Kind == KvOperationKind.Put)
            ? (LostPuts(writes, end), 0)
            : (0, 0); // Several wrote this key: only the history's check can tell.
    }

    private static (int Lost, int Duplicated) CheckCounter(Operation[] writes, long end)
    {
        var acknowledged = writes.Count(write => write.IsAcknowledgedWrite);
        return ((int)Math.Max(0, acknowledged - end), (int)Math.Max(0, end - writes.Length));
    }

    // One client wrote this key, one value after the other. A write of unknown outcome may have come late.
    private static int LostPuts(Operation[] writes, long? end)
    {
        var found = Array.FindLastIndex(writes, write => write.Done.Argument == end);
        if (found >= 0 && !writes[found].IsAcknowledgedWrite) return 0;
        return writes.Skip(found + 1).Count(write => write.IsAcknowledgedWrite);
    }
}
