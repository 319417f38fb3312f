using Understudy.Kernel;

namespace Understudy.Protocol;

/// <summary>How many of one service's requests a gateway has taken and not answered.</summary>
/// <param name="service">The service.</param>
/// <param name="bounds">What it is granted.</param>
internal sealed class AdmittedRequests(ServiceName service, HoldBounds bounds)
{
    public ServiceName Service => service;

    public HoldBounds Bounds => bounds;

    public int Count { get; set; }

    public long Bytes { get; set; }

    /// <summary>How many were refused since the node started.</summary>
    public long Refused { get; set; }
}
