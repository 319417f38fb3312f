using Understudy.Kernel;

namespace Understudy.Transport;

/// <summary>Who a node says it is in the handshake of a channel.</summary>
/// <param name="Member">The node in its present incarnation.</param>
/// <param name="Disk">Its durable store.</param>
/// <param name="Cluster">The cluster it belongs to, or null while it is blank.</param>
public sealed record PeerIdentity(MemberId Member, DiskId Disk, ClusterId? Cluster);
