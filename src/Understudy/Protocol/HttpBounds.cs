namespace Understudy.Protocol;

/// <summary>What one node grants the HTTP requests for one service's program.</summary>
/// <param name="Hold">How long a request waits, from its arrival, for a primary that takes it.</param>
/// <param name="MaxHeld">How many wait at most.</param>
/// <param name="MaxHeldBytes">How many bytes those that wait keep at most.</param>
/// <param name="Drain">How long a request outlasts a switchover; zero to cut it at once.</param>
internal sealed record HttpBounds(TimeSpan Hold, int MaxHeld, long MaxHeldBytes, TimeSpan Drain);
