using Understudy.Verification;

namespace Understudy.Tests.Verification;

/// <summary>
/// The dumb version: tries every order, with a model of its own that keeps the key as a number or nothing. It knows no
/// versions, so it judges histories whose answers name none.
/// </summary>
internal static class BruteForce
{
    public static bool IsLinearizable(IReadOnlyList<KvOperation> history) => Search(history, [], null);

    private static bool Search(IReadOnlyList<KvOperation> history, HashSet<int> done, long? key)
    {
        var left = Enumerable.Range(0, history.Count).Where(i => !done.Contains(i)).ToArray();
        if (left.All(i => history[i].Outcome == KvOutcome.Unknown)) return true;

        foreach (var i in left)
        {
            // Another one was over before this one began: this one cannot be next.
            if (left.Any(j => history[j].Outcome != KvOutcome.Unknown && history[j].ReturnedAt < history[i].CalledAt))
                continue;
            foreach (var after in After(history[i], key))
                if (Search(history, [.. done, i], after))
                    return true;
        }

        return false;
    }

    /// <summary>What the key may be after the operation; nothing if it cannot take effect now.</summary>
    private static List<long?> After(KvOperation operation, long? key)
    {
        var knows = operation.Outcome != KvOutcome.Unknown;
        var done = operation.Outcome != KvOutcome.Refused;
        switch (operation.Kind)
        {
            case KvOperationKind.Get:
                if (!knows) return [key];
                return (done ? key == operation.Value : key is null) ? [key] : [];
            case KvOperationKind.Put:
                return [operation.Argument];
            case KvOperationKind.Delete:
                return done == key.HasValue ? [null] : [];
            case KvOperationKind.Increment:
                var sum = (key ?? 0) + operation.Argument;
                return !knows || sum == operation.Value ? [sum] : [];
            default:
                return done == !key.HasValue ? [done ? operation.Argument : key] : [];
        }
    }
}
