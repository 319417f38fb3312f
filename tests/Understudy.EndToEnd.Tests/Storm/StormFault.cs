namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>
/// A fault that was made, and the longest operation of each way in that ended before all was whole again.
/// </summary>
/// <param name="number">Counts the faults.</param>
/// <param name="kind">What it is.</param>
internal sealed class StormFault(int number, string kind)
{
    private readonly SortedDictionary<string, TimeSpan> _longest = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IReadOnlyList<RealNode> _nodes = [];
    private string _how = "";

    public string Kind => kind;

    /// <summary>Completes when it begins.</summary>
    public Task Begun => _begun.Task;

    /// <summary>The longest operation, by way in.</summary>
    public IReadOnlyDictionary<string, TimeSpan> Longest => _longest;

    /// <summary>It is about to begin.</summary>
    /// <param name="how">More about it.</param>
    /// <param name="nodes">The processes that it strikes.</param>
    public void Begin(string how, params IReadOnlyList<RealNode> nodes)
    {
        (_how, _nodes) = (how, nodes);
        _begun.TrySetResult();
    }

    /// <summary>Whether it strikes this node's process.</summary>
    public bool Strikes(Uri node) => _nodes.Any(struck => struck.Http.Authority == node.Authority);

    /// <summary>An operation has ended that took so long. Called under the ledger's lock.</summary>
    public void Take(string way, TimeSpan took)
    {
        if (took > _longest.GetValueOrDefault(way)) _longest[way] = took;
    }

    public override string ToString() =>
        $"fault {number}, {string.Join(' ', [kind, .. _nodes.Select(node => node.Id), _how])}".TrimEnd();
}
