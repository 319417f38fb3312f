namespace Understudy.Benchmarks;

/// <summary>What to measure of the replica manager's decisions.</summary>
/// <param name="Services">How many services, each with two secondaries.</param>
/// <param name="Nodes">How many nodes.</param>
/// <param name="Trials">How many nodes are lost, each from the whole cluster.</param>
/// <param name="Json">Whether the last line is one JSON object.</param>
internal sealed record DecideOptions(int Services, int Nodes, int Trials, bool Json);
