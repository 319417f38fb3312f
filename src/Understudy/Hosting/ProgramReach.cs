using System.Globalization;
using Understudy.Kernel;

namespace Understudy.Hosting;

/// <summary>
/// Whether a service's own program took the last connection that this node wanted of it: what an operator is told.
/// Safe for any thread.
/// </summary>
internal sealed class ProgramReach(ServiceName service, TimeProvider clock)
{
    private sealed record Refusal(NodeId Node, string Reason);

    private volatile Refusal? _refusal;

    /// <summary>That it did not, and when; null if it did, or if nothing was wanted of it yet.</summary>
    public string? Reason => _refusal?.Reason;

    /// <summary>It took none.</summary>
    /// <param name="node">The primary's node.</param>
    /// <param name="address">Where the program should listen.</param>
    /// <param name="why">What went wrong, if that is known.</param>
    /// <returns>Whether that is news.</returns>
    public bool Refused(NodeId node, string address, string? why = null)
    {
        var before = _refusal;
        var at = clock.GetUtcNow().ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        _refusal = new Refusal(
            node,
            $"{service}: its program on {node} took no connection at {address}, at {at}"
            + (why is null ? "" : $": {why}"));
        return before?.Node != node;
    }

    /// <summary>It took one.</summary>
    public void Reached() => _refusal = null;

    /// <summary>What the program of another node than the primary's did counts no more.</summary>
    /// <param name="primary">The primary's node; null while there is none, and the last refusal counts still.</param>
    public void Follow(NodeId? primary)
    {
        if (primary is { } node && _refusal is { } refusal && refusal.Node != node) _refusal = null;
    }
}
