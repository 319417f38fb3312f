using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Understudy.Contracts;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Hosting;

/// <summary>
/// Turns what happened inside a node into a line of the log and an entry of the timeline. Both carry the failover's
/// id, the same on all nodes: the epoch of the view that caused it (<c>e11</c>) or, when a primary was moved by a
/// switchover, that and the version in which it serves elsewhere (<c>e11.v12</c>).
/// </summary>
internal sealed partial class EventReports(Timeline timeline, ILogger logger, TimeProvider clock)
{
    private readonly ConcurrentDictionary<ServiceName, (ConfigurationVersion Version, string Id)> _causes = [];
    private readonly ConcurrentDictionary<ServiceName, ConfigurationVersion> _primaryOf = [];
    private long _epoch;

    /// <summary>Writes the event to the log and keeps it in the timeline. May be called from any thread.</summary>
    public void Report(NodeEvent happened)
    {
        var entry = Remember(happened);
        Write(happened, entry.Failover, entry.Text);
    }

    /// <summary>Keeps the event in the timeline only.</summary>
    public TimelineEvent Remember(NodeEvent happened)
    {
        var entry = Describe(happened) with { MonotonicNanoseconds = Now() };
        timeline.Add(entry);
        return entry;
    }

    private TimelineEvent Describe(NodeEvent happened) =>
        OfService(happened) ?? OfWorker(happened) ?? OfNode(happened);

    private TimelineEvent OfNode(NodeEvent happened)
    {
        switch (happened)
        {
            case NodeEvent.Accused e:
                return Entry(
                    TimelineKinds.Accused,
                    e.Epoch.Next,
                    e.HasLeft ? $"{e.Member} has left" : $"{e.Member} is accused: {e.Evidence}");
            case NodeEvent.ViewProposed e:
                return Entry(TimelineKinds.ViewProposed, e.Epoch, $"view {e.Epoch} proposed: {e.Change}");
            case NodeEvent.ViewInstalled e:
                Interlocked.Exchange(ref _epoch, e.View.Epoch.Value);
                return Entry(TimelineKinds.ViewInstalled, e.View.Epoch, $"{e.View} installed");
            case NodeEvent.Evicted e:
                return Entry(
                    TimelineKinds.Evicted,
                    e.Epoch,
                    e.HasLeft
                        ? $"this node has left: view {e.Epoch} is without it"
                        : $"this incarnation was evicted by view {e.Epoch}");
            case NodeEvent.StepTaken e:
                return Entry(TimelineKinds.Noted, e.Epoch, $"step {e.Step}: {e.What}");
            case NodeEvent.SelectionWon e:
                return Entry(
                    TimelineKinds.SelectionWon, e.Epoch, $"won the RM's primary, version {e.Version}", e.Version);
            case NodeEvent.FencePassed e:
                return Entry(TimelineKinds.Noted, Latest, $"the view lease of {e.Member} has run out");
            case NodeEvent.Alarm e:
                return Entry(TimelineKinds.Alarm, Latest, e.Text);
            case NodeEvent.Noted e:
                return Entry(TimelineKinds.Noted, Latest, e.Text);
            default:
                throw new UnreachableException($"Unknown event {happened}.");
        }
    }

    private TimelineEvent? OfService(NodeEvent happened)
    {
        switch (happened)
        {
            case NodeEvent.PrimaryActivated e:
                return Entry(
                    TimelineKinds.PrimaryActivated,
                    e.Cause,
                    $"primary of {e.Service}, version {e.Version}, lineage {e.Lineage}",
                    e.Version,
                    e.Service) with
                {
                    Failover = Id(e.Service, e.Version) ?? $"e{e.Cause}",
                };
            case NodeEvent.PrimaryDeposed e:
                return Entry(
                    TimelineKinds.PrimaryDeposed,
                    Latest,
                    $"no longer primary of {e.Service}",
                    e.Version,
                    e.Service) with
                {
                    Failover = Id(e.Service, e.Version.Next) ?? $"e{Latest}",
                };
            case NodeEvent.Configured e:
                return Describe(e.Configuration);
            case NodeEvent.JoiningMarked e:
                return Entry(
                    TimelineKinds.Noted,
                    Latest,
                    $"{e.Service}: {e.Member} is caught up and joins, commits wait for it now",
                    e.Version,
                    e.Service);
            case NodeEvent.Audited e:
                return Entry(
                    e.Result.Differing.IsEmpty ? TimelineKinds.Noted : TimelineKinds.Alarm,
                    Latest,
                    $"{e.Service}: {e.Result}",
                    e.Result.Version,
                    e.Service);
            case NodeEvent.ProviderSlowed e:
                return Entry(
                    TimelineKinds.Noted,
                    Latest,
                    $"{e.Service}: {e.Call} has not returned for {e.Since.TotalMilliseconds:0} ms",
                    service: e.Service);
            case NodeEvent.ProviderFailed e:
                return Entry(
                    TimelineKinds.Alarm,
                    Latest,
                    $"the provider of {e.Service} on this node failed and is started anew: {e.Reason}",
                    e.Version,
                    e.Service);
            default:
                return null;
        }
    }

    private TimelineEvent? OfWorker(NodeEvent happened)
    {
        switch (happened)
        {
            case NodeEvent.WorkerStarted e:
                return Entry(
                    TimelineKinds.WorkerStarted,
                    e.Cause,
                    $"{e.Service} runs here, version {e.Version}",
                    e.Version,
                    e.Service) with
                {
                    Failover = Id(e.Service, e.Version) ?? $"e{e.Cause}",
                };
            case NodeEvent.WorkerStopped e:
                return Entry(
                    TimelineKinds.WorkerStopped,
                    Latest,
                    $"{e.Service} has ended here: {e.Why}",
                    e.Version,
                    e.Service) with
                {
                    Failover = Id(e.Service, e.Version.Next) ?? $"e{Latest}",
                };
            default:
                return null;
        }
    }

    private TimelineEvent Describe(Replication.Configuration configuration)
    {
        var planned = configuration.IsPlanned ? $".v{configuration.Version}" : "";
        var id = $"e{configuration.Cause}{planned}";
        _causes[configuration.Service] = (configuration.Version, id);
        var inSync = string.Join(' ', configuration.InSync.Select(provider => provider.Member.Node));
        var text = $"{configuration.Service} version {configuration.Version}: "
            + $"primary {configuration.Primary?.Node.Value ?? "none"}, in-sync {{{inSync}}}";
        return Entry(
            TimelineKinds.Configured, configuration.Cause, text, configuration.Version, configuration.Service) with
        {
            Failover = id,
        };
    }

    // The id under which the node adopted this version of the service, or a later one.
    private string? Id(ServiceName service, ConfigurationVersion version) =>
        _causes.TryGetValue(service, out var known) && known.Version >= version ? known.Id : null;

    private Epoch Latest => new(Interlocked.Read(ref _epoch));

    private long Now() => (long)((Int128)clock.GetTimestamp() * 1_000_000_000 / clock.TimestampFrequency);

    private static TimelineEvent Entry(
        string kind,
        Epoch epoch,
        string text,
        ConfigurationVersion? version = null,
        ServiceName? service = null) => new()
        {
            MonotonicNanoseconds = 0,
            Failover = $"e{epoch}",
            Kind = kind,
            Epoch = epoch.Value,
            Version = version?.Value,
            Service = service?.Value,
            Text = text,
        };
}
