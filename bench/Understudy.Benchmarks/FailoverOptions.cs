using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>What to measure of failovers.</summary>
internal sealed record FailoverOptions(Fault Fault, int Trials, int Clients, bool IsDurable, bool Json);
