namespace Understudy.Benchmarks;

/// <summary>One node that this program hosts, and what the callers within it shall do if it is the primary.</summary>
internal sealed record HostOptions(string Configuration, string Node, string Data, CommitOptions Commits);
