using System.Diagnostics;
using System.Diagnostics.Metrics;
using Understudy.Contracts;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Hosting;

/// <summary>A gateway's measurements, for whoever listens to the meter <c>Understudy</c> of this process.</summary>
internal sealed class GatewayMetrics : IDisposable
{
    public const string MeterName = "Understudy";

    private readonly Meter _meter;
    private readonly Counter<long> _refused;
    private readonly Histogram<double> _duration;

    /// <param name="node">The gateway's node: a tag of the meter, as a process may have several.</param>
    /// <param name="read">Reads what there is now, of each service.</param>
    public GatewayMetrics(NodeId node, Func<IReadOnlyList<RequestsStatus>> read)
    {
        _meter = new Meter(new MeterOptions(MeterName) { Tags = [new("node", node.Value)] });
        _meter.CreateObservableUpDownCounter(
            "understudy.requests.waiting",
            () => read().Select(service => Of(service, (long)service.Waiting)),
            "{request}",
            "Requests that are not answered: they wait for a primary, for its answer, or for the rest of a body.");
        _meter.CreateObservableUpDownCounter(
            "understudy.requests.bytes",
            () => read().Select(service => Of(service, service.Bytes)),
            "By",
            "The bytes of their bodies, as far as they have come.");
        _meter.CreateObservableGauge(
            "understudy.requests.longest_wait",
            () => read().Select(service => Of(service, service.LongestSeconds)),
            "s",
            "How long the request has waited that waits longest.");
        _refused = _meter.CreateCounter<long>(
            "understudy.requests.refused", "{request}", "Requests that were refused because of a bound.");
        _duration = _meter.CreateHistogram<double>(
            "understudy.requests.duration", "s", "From when a request had come as a whole until it was answered.");
    }

    public void Refused(ServiceName service, HoldLimit limit) =>
        _refused.Add(1, new("service", service.Value), new("reason", NameOf(limit)));

    public void Answered(ServiceName service, TimeSpan duration) =>
        _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("service", service.Value));

    public void Dispose() => _meter.Dispose();

    private static Measurement<T> Of<T>(RequestsStatus service, T value)
        where T : struct => new(value, new KeyValuePair<string, object?>("service", service.Service));

    // The key of the file that changes it, if one does.
    private static string NameOf(HoldLimit limit) => limit switch
    {
        HoldLimit.Requests => "max-requests",
        HoldLimit.Bytes => "max-bytes",
        HoldLimit.Memory => "memory",
        HoldLimit.Time => "seconds",
        _ => throw new UnreachableException($"Unknown limit {limit}."),
    };
}
