using System.Diagnostics.Metrics;
using Understudy.Hosting;
using Understudy.Kernel;

namespace Understudy.Tests.Hosting;

/// <summary>Listens to the meter of one node, as an exporter of metrics does.</summary>
internal sealed class MetricReader : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly List<(Instrument Instrument, string? Service, string? Reason, double Value)> _heard = [];

    public MetricReader(NodeId node)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            var isOurs = instrument.Meter.Name == GatewayMetrics.MeterName
                && instrument.Meter.Tags?.Any(tag => tag is { Key: "node" } && Equals(tag.Value, node.Value)) == true;
            if (isOurs) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Hear(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Hear(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>What an instrument has said: all of it, or what it says now if it is one that is asked.</summary>
    public IReadOnlyList<(string? Service, string? Reason, double Value)> Read(string name)
    {
        lock (_heard) _heard.RemoveAll(heard => heard.Instrument.IsObservable);
        _listener.RecordObservableInstruments();
        lock (_heard)
        {
            return
            [
                .. _heard.Where(heard => heard.Instrument.Name == name)
                    .Select(heard => (heard.Service, heard.Reason, heard.Value)),
            ];
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Hear(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string? service = null, reason = null;
        foreach (var (key, tag) in tags)
        {
            if (key == "service") service = (string?)tag;
            if (key == "reason") reason = (string?)tag;
        }

        lock (_heard) _heard.Add((instrument, service, reason, value));
    }
}
