namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>A fault that was made, and the longest operation of each way in that ended before all was whole again.</summary>
/// <param name="number">Counts the faults.</param>
/// <param name="kind">What it is.</param>
internal sealed class StormFault(int number, string kind)
{
    private readonly SortedDictionary<string, TimeSpan> _longest = new(StringComparer.Ordinal);

    public string Kind => kind;

    /// <summary>The nodes it was made on, and how.</summary>
    public string Where { get; set; } = "";

    /// <summary>The longest operation, by way in.</summary>
    public IReadOnlyDictionary<string, TimeSpan> Longest => _longest;

    /// <summary>An operation has ended that took so long. Called under the ledger's lock.</summary>
    public void Take(string way, TimeSpan took)
    {
        if (took > _longest.GetValueOrDefault(way)) _longest[way] = took;
    }

    public override string ToString() => $"fault {number}, {kind} {Where}";
}
