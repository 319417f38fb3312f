namespace Understudy.Verification;

/// <summary>
/// Decides whether what the clients of <c>kv</c> saw could have been seen by clients of one store that does one
/// operation at a time, each between its call and its return. Each key is decided by itself, which is as strong
/// (Herlihy and Wing, 1990).
/// </summary>
public static class LinearizabilityChecker
{
    /// <summary>Steps that decide any honest history of some thousands of operations within seconds.</summary>
    public const long DefaultSteps = 20_000_000;

    /// <summary>Checks a history.</summary>
    /// <param name="history">Operations in any order.</param>
    /// <param name="maxSteps">How long to search, for all keys together.</param>
    public static LinearizabilityResult Check(IReadOnlyList<KvOperation> history, long maxSteps = DefaultSteps)
    {
        ArgumentNullException.ThrowIfNull(history);
        var search = new KeySearch();
        var steps = maxSteps;
        string? undecided = null;
        foreach (var (key, mine) in ByKey(history))
        {
            var verdict = search.Run(history, mine, ref steps);
            if (verdict == Verdict.NotLinearizable)
                return new LinearizabilityResult(verdict, key, history[search.Blocked]);
            if (verdict == Verdict.Undecided) undecided ??= key;
        }

        return undecided is null
            ? new LinearizabilityResult(Verdict.Linearizable, Key: null, Blocked: null)
            : new LinearizabilityResult(Verdict.Undecided, undecided, Blocked: null);
    }

    // In order of first use, so that the same history always gives the same result.
    private static OrderedDictionary<string, List<int>> ByKey(IReadOnlyList<KvOperation> history)
    {
        var byKey = new OrderedDictionary<string, List<int>>(StringComparer.Ordinal);
        for (var i = 0; i < history.Count; i++)
        {
            if (!byKey.TryGetValue(history[i].Key, out var mine)) byKey.Add(history[i].Key, mine = []);
            mine.Add(i);
        }

        return byKey;
    }
}

/// <summary>What a check found.</summary>
public enum Verdict
{
    /// <summary>There is such an order.</summary>
    Linearizable,

    /// <summary>There is none: some client saw what it never should have.</summary>
    NotLinearizable,

    /// <summary>The search was ended before it found either.</summary>
    Undecided,
}

/// <summary>A verdict and where it was found.</summary>
/// <param name="Verdict">What was found.</param>
/// <param name="Key">The first key that is not linearizable, or not decided; null if all are.</param>
/// <param name="Blocked">
/// If it is not linearizable: the operation that fitted nowhere when the longest order was found. A place to start
/// reading.
/// </param>
public readonly record struct LinearizabilityResult(Verdict Verdict, string? Key, KvOperation? Blocked);
