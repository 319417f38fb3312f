using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Protocol;

/// <summary>
/// Services' own code, which runs outside this loop: what it reports, when it must stop being primary, and what is
/// done when it fails. A failed provider is started anew, the first time at once; one that is primary and fails again
/// soon is moved to another node. The node itself goes on.
/// </summary>
public sealed partial class Node
{
    /// <summary>In so long a primary's code may fail once before its service is moved.</summary>
    private static readonly TimeSpan FailureBudget = TimeSpan.FromMinutes(10);

    /// <summary>A failed provider is started anew after this at the latest.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(60);

    private void OnReported(NodeInput.Reported reported)
    {
        var (name, report) = (reported.Service, reported.Report);
        if (!_services.TryGetValue(name, out var hosted)) return;
        switch (report)
        {
            case ServiceReport.Slowed slow:
                Report(new NodeEvent.ProviderSlowed(name, slow.Call, slow.Since));
                return;
            case ServiceReport.Failed failed: OnProviderFailed(hosted, failed.Reason); return;
            case ServiceReport.Refused refused: OnProviderRefused(hosted, refused.Reason); return;
            default: break;
        }

        var hasBecome = false;
        InReplica(hosted.Replica, name, r => hasBecome = r.OnReport(report));
        if (hasBecome) ReportActivated(hosted);
    }

    private void ReportActivated(HostedService hosted)
    {
        if (!hosted.Replica.IsServing || hosted.Configuration is not { } configuration) return;
        Report(new NodeEvent.PrimaryActivated(
            configuration.Service, configuration.Version, configuration.Lineage, configuration.Cause));
    }

    private void OnProviderFailed(HostedService hosted, string reason)
    {
        if (hosted.StartAnewAt is not null) return; // It is known, and a new one will start.
        var name = hosted.Definition.Name;
        Report(new NodeEvent.ProviderFailed(name, hosted.Replica.Version, reason));
        if (hosted.FailedAt is { } before && _now - before > FailureBudget) hosted.Failures = 0;
        hosted.Failures++;
        hosted.FailedAt = _now;
        hosted.StartAnewAt = _now + RestAfter(hosted.Failures);
        if (hosted.Failures > 1 && hosted is { IsPrimary: true, Configuration.InSync.Length: > 1 })
        {
            SendToManager(new ReplicationMessage.MoveWanted(name, hosted.Replica.Version));
        }

        StartAnewIfDue(hosted);
    }

    private TimeSpan RestAfter(int failures)
    {
        var rest = _options.Profile.Silence.Ticks << Math.Min(failures, 16);
        return failures == 1 ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Min(LongestRest.Ticks, rest));
    }

    /// <summary>
    /// Code that runs as primary is told to stop before the lease ends, and goes on when the lease is renewed.
    /// </summary>
    private void WatchProviders()
    {
        var isSafe = IsMember && LeaseUntil - _now > _options.Profile.LeaseMargin;
        foreach (var hosted in _services.Values)
        {
            StartAnewIfDue(hosted);
            if (!hosted.IsPrimary || hosted.StartAnewAt is not null) continue;
            if (isSafe) InReplica(hosted.Replica, hosted.Definition.Name, r => r.GoOn());
            else InReplica(hosted.Replica, hosted.Definition.Name, r => r.Pause());
        }
    }

    private void StartAnewIfDue(HostedService hosted)
    {
        if (hosted.StartAnewAt is not { } due || _now < due) return;
        hosted.StartAnewAt = null;
        InReplica(hosted.Replica, hosted.Definition.Name, r => r.StartAnew(IsInSync(hosted)));
    }

    private bool IsInSync(HostedService hosted) => hosted.Configuration?.IsInSync(_self) ?? false;
}
