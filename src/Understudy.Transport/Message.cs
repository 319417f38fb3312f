namespace Understudy.Transport;

/// <summary>What one layer of a node says to the same layer of another. Immutable; its layer has its codec.</summary>
public abstract record Message;
