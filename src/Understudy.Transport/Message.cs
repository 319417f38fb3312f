namespace Understudy.Transport;

/// <summary>What one layer of a node says to the same layer of another. Immutable; its layer has its codec.</summary>
public abstract record Message
{
    /// <summary>
    /// Null for what keeps its place on its channel, as nearly all does. Else the message may arrive after later ones,
    /// so that it holds none of them up, and not at all: while one of this name waits, or too much of this kind.
    /// Whoever wants it asks again.
    /// </summary>
    protected internal virtual object? LateName => null;

    /// <summary>About how many bytes it has, if it may be late.</summary>
    protected internal virtual int LateBytes => 0;
}
