namespace Understudy.Cli.Demo;

/// <summary>One fault and what it cost.</summary>
/// <param name="Number">The round, from 1.</param>
/// <param name="Fault">What was done.</param>
/// <param name="Victim">To which node.</param>
/// <param name="NewPrimary">Which node is kv's primary after it.</param>
/// <param name="GapMilliseconds">The longest time between two acknowledged writes around the fault.</param>
/// <param name="Phases">Its parts; null if the nodes' timelines did not show them.</param>
internal sealed record Round(
    int Number, Fault Fault, string Victim, string NewPrimary, double GapMilliseconds, Phases? Phases);
