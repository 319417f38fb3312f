namespace Understudy.Benchmarks;

/// <summary>What to measure of commits.</summary>
internal sealed record CommitOptions(bool IsDurable, int Clients, TimeSpan Duration, bool Json);
