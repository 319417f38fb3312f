namespace Understudy.Testing.Tests;

/// <summary>What pollers did, in the order in which they did it.</summary>
internal sealed class Polls
{
    private readonly List<(FencingToken Token, string Node)> _all = [];
    private bool _wasLate;

    /// <summary>How many runs were begun.</summary>
    public int Begun { get; set; }

    /// <summary>What a poller does first.</summary>
    public Func<Task>? FirstDoes { get; init; }

    /// <summary>Whether it has nothing to do.</summary>
    public bool ReturnsAtOnce { get; init; }

    public int Count => _all.Count;

    public (FencingToken Token, string Node) Last => _all[^1];

    public void Add(FencingToken token, string node, bool mayAct)
    {
        _wasLate |= !mayAct;
        _all.Add((token, node));
    }

    /// <summary>Once a later reign has begun, no earlier one does anything; and a reign is on one node.</summary>
    public void NeverTwo()
    {
        _wasLate.ShouldBeFalse("a poller acted when it might not");
        for (var i = 1; i < _all.Count; i++)
        {
            var (before, after) = (_all[i - 1], _all[i]);
            after.Token.ShouldBeGreaterThanOrEqualTo(before.Token, $"poll {i} is of an earlier reign");
            if (after.Token == before.Token) after.Node.ShouldBe(before.Node);
        }
    }
}
