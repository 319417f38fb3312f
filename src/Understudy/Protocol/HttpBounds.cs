namespace Understudy.Protocol;

/// <summary>What one node grants the HTTP requests for one service's program.</summary>
/// <param name="Hold">How long a request waits, from its arrival, for a primary that takes it.</param>
/// <param name="Drain">How long a request outlasts a switchover; zero to cut it at once.</param>
internal sealed record HttpBounds(TimeSpan Hold, TimeSpan Drain);
