namespace Understudy.Protocol;

/// <summary>What one node grants the TCP connections of one service.</summary>
/// <param name="Hold">How long a connection waits for a primary that takes it.</param>
/// <param name="MaxHeld">How many wait at most.</param>
/// <param name="MaxConnections">How many there are at most, those that wait among them.</param>
/// <param name="Drain">How long a connection outlasts a switchover; zero to close it at once.</param>
internal sealed record TcpBounds(TimeSpan Hold, int MaxHeld, int MaxConnections, TimeSpan Drain);
