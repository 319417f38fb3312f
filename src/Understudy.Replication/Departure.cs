using Understudy.Kernel;

namespace Understudy.Replication;

/// <summary>A provider that left an in-sync set and is not back, though its node shall have one.</summary>
/// <param name="Node">Its node.</param>
/// <param name="Disk">The disk that its copy was on.</param>
/// <param name="Reason">Why it left.</param>
public sealed record Departure(NodeId Node, DiskId Disk, LeaveReason Reason);
