namespace Understudy.Transport;

/// <summary>What one layer of a node says to the same layer of another. Immutable; encoded by its layer's codec.</summary>
public abstract record Message;
