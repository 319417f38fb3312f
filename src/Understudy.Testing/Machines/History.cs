using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Understudy.Hosting;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Testing.Machines;

/// <summary>What happened in a cluster, in words, for whoever looks at a failure.</summary>
internal sealed class History(VirtualTime time, TimeProvider clock)
{
    private const int Kept = 40;

    private readonly Queue<string> _lines = new();
    private readonly SortedDictionary<NodeId, EventReports> _reports = [];
    private readonly SortedDictionary<string, string> _primaries = new(StringComparer.Ordinal);

    public void Add(NodeId node, string text) => Add(node.Value, text);

    public void Add(string who, string text)
    {
        if (_lines.Count == Kept) _lines.Dequeue();
        var at = time.Now.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
        _lines.Enqueue($"{at,9} s  {who}: {text}");
    }

    public void Add(NodeId node, NodeEvent happened)
    {
        if (happened is NodeEvent.StepTaken) return; // For who tests Understudy, not for who tests a service.
        if (happened is NodeEvent.PrimaryActivated activated) _primaries[activated.Service.Value] = node.Value;
        if (happened is NodeEvent.WorkerStarted started) _primaries[started.Service.Value] = node.Value;
        if (!_reports.TryGetValue(node, out var reports))
            _reports.Add(node, reports = new EventReports(new Timeline(node), NullLogger.Instance, clock));
        Add(node, reports.Remember(happened).Text);
    }

    /// <summary>The oldest first.</summary>
    public IReadOnlyList<string> Last() => [.. _lines];

    /// <summary>Where a service's primary was activated last, or null.</summary>
    public string? LastPrimary(string service) => _primaries.GetValueOrDefault(service);
}
