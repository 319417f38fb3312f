using System.Collections.Immutable;
using System.Net;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Tcp;

/// <summary>What a node needs to forward one service's TCP connections.</summary>
/// <param name="Service">The service.</param>
/// <param name="Listen">Where this node takes clients' connections.</param>
/// <param name="Backends">Where the service's program listens on each node that may host it.</param>
/// <param name="Bounds">What this node grants.</param>
internal sealed record TcpListening(
    ServiceName Service,
    IPEndPoint Listen,
    ImmutableSortedDictionary<NodeId, IPEndPoint> Backends,
    TcpBounds Bounds);
