using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Web;

/// <summary>What a node needs to forward the requests for one service's program.</summary>
/// <param name="Service">The service.</param>
/// <param name="Urls">The program's address on each node that may host it, without a slash at the end.</param>
/// <param name="IsHttp2">Whether it speaks HTTP/2 there, without TLS.</param>
/// <param name="Bounds">What this node grants.</param>
internal sealed record HttpBackend(
    ServiceName Service,
    ImmutableSortedDictionary<NodeId, string> Urls,
    bool IsHttp2,
    HttpBounds Bounds);
