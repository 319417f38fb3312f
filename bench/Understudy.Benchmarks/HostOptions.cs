namespace Understudy.Benchmarks;

/// <summary>One node that this program hosts, and what the callers within it shall do if it is the primary.</summary>
/// <param name="Configuration">The cluster's file.</param>
/// <param name="Node">Which node it is.</param>
/// <param name="Data">The folder of its durable state.</param>
/// <param name="Commits">How the callers commit.</param>
/// <param name="Megabytes">The size of the state, if a transfer of it is what is measured; else 0.</param>
/// <param name="IsWeb">Whether it is a web application of <c>clients</c>, which has no callers.</param>
internal sealed record HostOptions(
    string Configuration, string Node, string Data, CommitOptions Commits, int Megabytes = 0, bool IsWeb = false);
