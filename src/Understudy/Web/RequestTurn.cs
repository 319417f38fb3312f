namespace Understudy.Web;

/// <summary>
/// The turn of a service in which an application's endpoint handles a request: what the endpoint changes goes into one
/// checkpoint, together with the request's key and the answer. It flows with the endpoint's code.
/// </summary>
internal sealed class RequestTurn(string service)
{
    private static readonly AsyncLocal<RequestTurn?> s_current = new();

    private readonly Lock _gate = new();
    private readonly List<ReadOnlyMemory<byte>> _changes = [];
    private bool _hasEnded;

    /// <summary>The turn of this service that the calling code runs in, or null.</summary>
    public static RequestTurn? Of(string service) =>
        s_current.Value is { } turn && turn.Service == service && !turn._hasEnded ? turn : null;

    /// <summary>The service whose turn it is.</summary>
    public string Service => service;

    /// <summary>From here on the calling code, and what it calls, runs in this turn.</summary>
    public void Enter() => s_current.Value = this;

    /// <summary>Makes a change that goes into the turn's checkpoint.</summary>
    /// <param name="change">Changes the state and returns the change as bytes; none if nothing changed.</param>
    /// <param name="mayBeOneOfSeveral">Whether the service's checkpoints can be put together.</param>
    public void Change(Func<ReadOnlyMemory<byte>> change, bool mayBeOneOfSeveral)
    {
        lock (_gate)
        {
            if (_hasEnded) throw new InvalidOperationException($"The request to {service} has been answered already.");
            if (!mayBeOneOfSeveral && _changes.Count > 0)
            {
                throw new InvalidOperationException(
                    $"A request changes {service} by one checkpoint, together with its answer. This one has made its "
                    + "own already: make the changes in one, or map the endpoint with OutsideTurns().");
            }

            var made = change();
            if (!made.IsEmpty) _changes.Add(made);
        }
    }

    /// <summary>Ends it: what runs on behind its back has no turn any more.</summary>
    /// <returns>What was changed, in order.</returns>
    public IReadOnlyList<ReadOnlyMemory<byte>> End()
    {
        lock (_gate)
        {
            _hasEnded = true;
            return _changes;
        }
    }
}
