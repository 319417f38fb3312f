using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Understudy.Contracts;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Hosting;

/// <summary>
/// Turns what happened inside a node into a line of the log and an entry of the timeline. Both carry the failover's
/// id: the epoch of the view that caused it, the same on all nodes.
/// </summary>
internal sealed partial class EventReports(Timeline timeline, ILogger logger, TimeProvider clock)
{
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

    private TimelineEvent Describe(NodeEvent happened)
    {
        switch (happened)
        {
            case NodeEvent.Accused e:
                return Entry(TimelineKinds.Accused, e.Epoch.Next, $"{e.Member} is accused: {e.Evidence}");
            case NodeEvent.ViewProposed e:
                return Entry(TimelineKinds.ViewProposed, e.Epoch, $"view {e.Epoch} proposed: {e.Change}");
            case NodeEvent.ViewInstalled e:
                Interlocked.Exchange(ref _epoch, e.View.Epoch.Value);
                return Entry(TimelineKinds.ViewInstalled, e.View.Epoch, $"{e.View} installed");
            case NodeEvent.Evicted e:
                return Entry(TimelineKinds.Evicted, e.Epoch, $"this incarnation was evicted by view {e.Epoch}");
            case NodeEvent.StepTaken e:
                return Entry(TimelineKinds.Noted, e.Epoch, $"step {e.Step}: {e.What}");
            case NodeEvent.SelectionWon e:
                return Entry(
                    TimelineKinds.SelectionWon, e.Epoch, $"won the RM's primary, version {e.Version}", e.Version);
            case NodeEvent.JoiningMarked e:
                return Entry(
                    TimelineKinds.Noted,
                    Latest,
                    $"{e.Service}: {e.Member} is caught up and joins, commits wait for it now",
                    e.Version,
                    e.Service);
            case NodeEvent.PrimaryActivated e:
                return Entry(
                    TimelineKinds.PrimaryActivated,
                    e.Cause,
                    $"primary of {e.Service}, version {e.Version}, lineage {e.Lineage}",
                    e.Version,
                    e.Service);
            case NodeEvent.PrimaryDeposed e:
                return Entry(
                    TimelineKinds.PrimaryDeposed, Latest, $"no longer primary of {e.Service}", e.Version, e.Service);
            case NodeEvent.Configured e:
                return Describe(e.Configuration);
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

    private static TimelineEvent Describe(Replication.Configuration configuration)
    {
        var inSync = string.Join(' ', configuration.InSync.Select(provider => provider.Member.Node));
        var text = $"{configuration.Service} version {configuration.Version}: "
            + $"primary {configuration.Primary?.Node.Value ?? "none"}, in-sync {{{inSync}}}";
        return Entry(
            TimelineKinds.Configured, configuration.Cause, text, configuration.Version, configuration.Service);
    }

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
