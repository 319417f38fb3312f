using Understudy.Contracts;
using Understudy.Hosting;
using Understudy.Kernel;

namespace Understudy.Web;

/// <summary>Forwards the requests for every service that has a program with an HTTP side, on one node.</summary>
/// <param name="backends">These services.</param>
/// <param name="self">This node.</param>
/// <param name="gateway">Counts what waits.</param>
/// <param name="forwarder">Forwards.</param>
/// <param name="clock">Measures.</param>
/// <param name="fail">Ends the process: an invariant is broken.</param>
internal sealed class BackendGateways(
    IEnumerable<HttpBackend> backends,
    NodeId self,
    Gateway gateway,
    ServiceForwarder forwarder,
    TimeProvider clock,
    Action<Exception> fail) : IDisposable
{
    private readonly Dictionary<ServiceName, BackendGateway> _gateways = backends.ToDictionary(
        backend => backend.Service, backend => new BackendGateway(backend, self, gateway, forwarder, clock, fail));

    /// <summary>What they do now.</summary>
    public IReadOnlyList<HttpStatus> Status =>
        [.. _gateways.OrderBy(gateway => gateway.Key).Select(gateway => gateway.Value.Status)];

    /// <summary>Which programs take no connection.</summary>
    public IEnumerable<string> Reasons =>
        _gateways.OrderBy(gateway => gateway.Key).Select(gateway => gateway.Value.Reason).OfType<string>();

    /// <summary>Who takes requests for this service, or null if it has no such program.</summary>
    public BackendGateway? Find(ServiceName service) => _gateways.GetValueOrDefault(service);

    /// <summary>The node has learned something. Never waits.</summary>
    /// <param name="status">What it published; null if its incarnation has ended.</param>
    /// <param name="startedAt">The timestamp from which its incarnation counts time.</param>
    public void Learn(Protocol.NodeStatus? status, long startedAt)
    {
        foreach (var gateway in _gateways.Values) gateway.Learn(status, startedAt);
    }

    public void Dispose()
    {
        foreach (var gateway in _gateways.Values) gateway.Dispose();
    }
}
