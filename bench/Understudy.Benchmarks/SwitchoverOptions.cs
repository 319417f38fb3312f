namespace Understudy.Benchmarks;

/// <summary>What to measure of switchovers.</summary>
internal sealed record SwitchoverOptions(int Trials, int Clients, bool IsDurable, bool Json);
