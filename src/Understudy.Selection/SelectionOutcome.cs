using Understudy.Kernel;

namespace Understudy.Selection;

/// <summary>What the RMM publishes: the RM's configuration and who is, or will be, its primary.</summary>
/// <param name="Configuration">From the latest view that this node is in.</param>
/// <param name="Candidate">The node this one believes will be primary (the candidate variable).</param>
/// <param name="Winner">The primary of the version, once announced; null before.</param>
public sealed record SelectionOutcome(RmConfiguration Configuration, MemberId? Candidate, MemberId? Winner);
