using System.Diagnostics.Metrics;
using Understudy.Contracts;
using Understudy.Kernel;

namespace Understudy.Hosting;

/// <summary>
/// What a node measures of the TCP connections that it takes for services, for whoever listens to the meter
/// <c>Understudy</c> of this process.
/// </summary>
internal sealed class TcpMetrics : IDisposable
{
    private readonly Meter _meter;

    /// <param name="node">A tag of the meter, as a process may have several nodes.</param>
    /// <param name="read">Reads what there is now, of each service.</param>
    public TcpMetrics(NodeId node, Func<IReadOnlyList<TcpStatus>> read)
    {
        _meter = new Meter(new MeterOptions(GatewayMetrics.MeterName) { Tags = [new("node", node.Value)] });
        _meter.CreateObservableUpDownCounter(
            "understudy.tcp.open",
            () => Read(service => service.Open),
            "{connection}",
            "Connections that are carried to the program on the primary's node.");
        _meter.CreateObservableUpDownCounter(
            "understudy.tcp.held",
            () => Read(service => service.Held),
            "{connection}",
            "Connections that wait for it.");
        _meter.CreateObservableCounter(
            "understudy.tcp.refused",
            () => Read(service => service.Refused),
            "{connection}",
            "Connections that were reset: there were too many, or they waited too long.");

        IEnumerable<Measurement<long>> Read(Func<TcpStatus, long> of) => read().Select(service =>
            new Measurement<long>(of(service), new KeyValuePair<string, object?>("service", service.Service)));
    }

    public void Dispose() => _meter.Dispose();
}
