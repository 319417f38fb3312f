using Understudy.Kernel;

namespace Understudy.Replication;

/// <summary>An operator's word that a service, all of whose in-sync providers are gone, goes on without them.</summary>
/// <param name="From">The node whose copy, older as it is, it goes on from; null to begin empty.</param>
public sealed record Recovery(NodeId? From);
