using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Protocol;

/// <summary>
/// Services' own code, which runs outside this loop: what it reports, when it must stop being primary, and what is
/// done when it fails. A failed provider is started anew, at once while its budget lasts; the RM counts its failures,
/// and moves the service elsewhere or stops it when they are too many. The node itself goes on.
/// </summary>
public sealed partial class Node
{
    private TimeSpan _beginningsToldAt = TimeSpan.MaxValue;

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

        // Without a lease it is perhaps deposed: it answers nothing that is not committed.
        var isSafe = IsMember && _now < LeaseUntil;
        var hasBecome = false;
        InReplica(hosted.Replica, name, r =>
        {
            if (!isSafe && hosted.Definition.IsPeriodic) r.Pause();
            hasBecome = r.OnReport(report);
        });
        if (hasBecome) ReportActivated(hosted);
    }

    private void ReportActivated(HostedService hosted)
    {
        if (!hosted.Replica.IsServing || hosted.Configuration is not { } configuration) return;
        Report(new NodeEvent.PrimaryActivated(
            configuration.Service, configuration.Version, configuration.Lineage, configuration.Cause));
        hosted.Beginning = new Beginning(
            configuration.Service, configuration.Version, hosted.Replica.LastSequence);
        _beginningsToldAt = TimeSpan.MinValue;
    }

    /// <summary>For the RM's history: said at once, and again until it is noted.</summary>
    private void TellBeginnings()
    {
        if (_beginningsToldAt == TimeSpan.MaxValue) return;
        if (_beginningsToldAt != TimeSpan.MinValue && _now - _beginningsToldAt < _options.Profile.Heartbeat) return;
        var told = ImmutableArray.CreateBuilder<Beginning>();
        foreach (var hosted in _services.Values)
        {
            if (hosted.Beginning is not { } begun) continue;
            if (hosted.IsPrimary && hosted.Replica.Version == begun.Version) told.Add(begun);
            else hosted.Beginning = null;
        }

        _beginningsToldAt = told.Count == 0 ? TimeSpan.MaxValue : _now;
        if (told.Count > 0) SendToManager(new ReplicationMessage.TakenOver(told.DrainToImmutable(), IsNoted: false));
    }

    private void OnTakenOver(MemberId from, ReplicationMessage.TakenOver taken)
    {
        if (!taken.IsNoted)
        {
            var noted = _manager.OnTakenOver(taken, _now);
            if (!noted.IsEmpty) Send(from, new ReplicationMessage.TakenOver(noted, IsNoted: true));
            return;
        }

        foreach (var each in taken.Services)
        {
            if (_services.TryGetValue(each.Service, out var hosted) && hosted.Beginning?.Version == each.Version)
                hosted.Beginning = null;
        }
    }

    private void OnProviderFailed(HostedService hosted, string reason)
    {
        if (hosted.StartAnewAt is not null) return; // It is known, and a new one will start.
        Report(new NodeEvent.ProviderFailed(hosted.Definition.Name, hosted.Replica.Version, reason));
        InReplica(hosted.Replica, hosted.Definition.Name, r => r.Hurry()); // Its primary may be moved.
        hosted.Failures++;
        hosted.LastError = reason[..Math.Min(reason.Length, ReplicationMessage.CodeFailed.LongestError)];
        hosted.StartAnewAt = _now + RestAfter(hosted);
        TellFailures(hosted);
        StartAnewIfDue(hosted);
    }

    /// <summary>None while the budget lasts; then longer each time, so that it costs little.</summary>
    private TimeSpan RestAfter(HostedService hosted)
    {
        var counted = EntryOf(hosted)?.Failures.FirstOrDefault(f => f.Member.Node == _self.Node)?.Count ?? 0;
        var over = counted + (hosted.Failures - hosted.FailuresCounted) - hosted.Definition.Restarts;
        if (over <= 0) return TimeSpan.Zero;
        var rest = _options.Profile.Silence.Ticks << (int)Math.Min(over, 16);
        return TimeSpan.FromTicks(Math.Min(LongestRest.Ticks, rest));
    }

    /// <summary>Said again until the RM's orders show that it was counted.</summary>
    private void TellFailures(HostedService hosted)
    {
        hosted.FailuresToldAt = _now;
        SendToManager(new ReplicationMessage.CodeFailed(hosted.Definition.Name, hosted.Failures, hosted.LastError));
    }

    private void NoteCounted(HostedService hosted, ServiceEntry entry)
    {
        foreach (var failures in entry.Failures)
        {
            if (failures.Member == _self) hosted.FailuresCounted = Math.Max(hosted.FailuresCounted, failures.Number);
        }
    }

    private ServiceEntry? EntryOf(HostedService hosted) => Map.Find(hosted.Definition.Name);

    /// <summary>Only a primary has anything to repeat.</summary>
    private void TickPrimaries()
    {
        foreach (var hosted in _services.Values)
        {
            if (hosted.IsPrimary) InReplica(hosted.Replica, hosted.Definition.Name, r => r.Tick());
        }
    }

    /// <summary>
    /// Code that runs as primary is told to stop before the lease ends, and goes on when the lease is renewed.
    /// </summary>
    private void WatchProviders()
    {
        var isSafe = IsMember && LeaseUntil - _now > _options.Profile.LeaseMargin;
        foreach (var hosted in _services.Values)
        {
            var isUntold = hosted.Failures > hosted.FailuresCounted;
            if (isUntold && _now - hosted.FailuresToldAt >= _options.Profile.Heartbeat) TellFailures(hosted);
            StartAnewIfDue(hosted);
            if (!hosted.IsPrimary || hosted.StartAnewAt is not null || hosted.Replica.IsPaused != isSafe) continue;
            if (isSafe) InReplica(hosted.Replica, hosted.Definition.Name, r => r.GoOn());
            else InReplica(hosted.Replica, hosted.Definition.Name, r => r.Pause());
        }
    }

    private void StartAnewIfDue(HostedService hosted)
    {
        if (hosted.StartAnewAt is not { } due || _now < due || EntryOf(hosted) is { IsStopped: true }) return;
        hosted.StartAnewAt = null;
        InReplica(hosted.Replica, hosted.Definition.Name, r => r.StartAnew(IsInSync(hosted)));
    }

    private bool IsInSync(HostedService hosted) => hosted.Configuration?.IsInSync(_self) ?? false;
}
