namespace Understudy.Benchmarks;

/// <summary>What to measure of TCP forwarding.</summary>
internal sealed record TcpOptions(int Connections, int Rounds, bool Json);
