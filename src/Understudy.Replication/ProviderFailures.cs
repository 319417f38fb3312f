using Understudy.Kernel;

namespace Understudy.Replication;

/// <summary>How often a service's code failed on one node lately.</summary>
/// <param name="Member">The node, in the incarnation that told of it last.</param>
/// <param name="Number">How many failures that incarnation has told of; one that says no more is old.</param>
/// <param name="Count">How many count now.</param>
/// <param name="Since">When the first of these was told, in the RM's time: the window opens with it.</param>
public sealed record ProviderFailures(MemberId Member, long Number, int Count, TimeSpan Since);
