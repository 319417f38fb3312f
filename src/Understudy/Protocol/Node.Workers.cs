using System.Collections.Immutable;
using System.Globalization;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Protocol;

/// <summary>
/// Workers: what runs on one node at a time and has no state (agreement.md 4.14). This node runs one in the version
/// that names it, while its lease lasts; it says that it has ended before anybody else is ordered to begin.
/// </summary>
public sealed partial class Node
{
    private readonly SortedDictionary<ServiceName, HostedWorker> _workers = [];
    private long _lastRun;
    private TimeSpan _runsUntil;
    private bool _mustWatchWorkers;

    /// <summary>Whether this node is ordered to run a worker that another member could run.</summary>
    private bool IsWorkerHolder => _workers.Values.Any(w => w.Configuration?.Primary == _self);

    private void AdoptWorker(ServiceEntry entry)
    {
        if (!_isHost || !entry.Configuration.IsStarted) return;
        var (name, configuration) = (entry.Definition.Name, entry.Configuration);
        if (!_workers.TryGetValue(name, out var worker)) _workers[name] = worker = new(entry.Definition);
        worker.Definition = entry.Definition;
        if (entry.Failures.FirstOrDefault(f => f.Member == _self) is { } counted)
            worker.FailuresCounted = Math.Max(worker.FailuresCounted, counted.Number);
        _mustWatchWorkers = true;
        if (worker.Configuration is { } present && configuration.Version <= present.Version) return;
        (worker.Configuration, worker.AdoptedAt) = (configuration, _now);
        worker.IsDone = false;
        worker.VacatedAt = null;
        Report(new NodeEvent.Configured(configuration));
    }

    private void EndRemovedWorker(ServiceName name)
    {
        if (!_workers.TryGetValue(name, out var worker)) return;
        worker.Configuration = null;
        _mustWatchWorkers = true;
    }

    private void OnWorkerEnded(NodeInput.WorkerEnded ended)
    {
        if (!_workers.TryGetValue(ended.Service, out var worker)) return;
        if (!worker.IsRunning || worker.Run != ended.Run) return;
        (worker.IsRunning, worker.IsDone) = (false, ended.End == WorkerEnd.Completed);
        _mustWatchWorkers = true;
        var why = ended.End switch
        {
            WorkerEnd.Completed => "it has nothing more to do",
            WorkerEnd.Failed => ended.Reason,
            _ => "it was told to stop",
        };
        Report(new NodeEvent.WorkerStopped(ended.Service, worker.RunVersion, why));
        if (ended.End == WorkerEnd.Failed) OnWorkerFailed(worker, ended.Reason);
    }

    private void OnWorkerFailed(HostedWorker worker, string reason)
    {
        Report(new NodeEvent.ProviderFailed(worker.Definition.Name, worker.RunVersion, reason));
        worker.Failures++;
        worker.LastError = reason[..Math.Min(reason.Length, ReplicationMessage.CodeFailed.LongestError)];
        worker.StartAnewAt = _now + RestAfter(worker);
        TellFailures(worker);
    }

    /// <summary>As for services with state: none while the budget lasts, then longer each time.</summary>
    private TimeSpan RestAfter(HostedWorker worker)
    {
        var entry = Map.Find(worker.Definition.Name);
        var counted = entry?.Failures.FirstOrDefault(f => f.Member.Node == _self.Node)?.Count ?? 0;
        var over = counted + (worker.Failures - worker.FailuresCounted) - worker.Definition.Restarts;
        if (over <= 0) return TimeSpan.Zero;
        var rest = _options.Profile.Silence.Ticks << (int)Math.Min(over, 16);
        return TimeSpan.FromTicks(Math.Min(LongestRest.Ticks, rest));
    }

    private void TellFailures(HostedWorker worker)
    {
        worker.FailuresToldAt = _now;
        SendToManager(new ReplicationMessage.CodeFailed(worker.Definition.Name, worker.Failures, worker.LastError));
    }

    /// <summary>Whatever else happens within a turn, the next tick is soon enough for.</summary>
    private void WatchWorkers()
    {
        if (!_mustWatchWorkers || _workers.Count == 0) return;
        _mustWatchWorkers = false;
        var until = LeaseUntil;
        foreach (var worker in _workers.Values)
        {
            var isWanted = IsRunWanted(worker, until);
            if (isWanted && !worker.IsRunning) Run(worker, until);
            else if (!isWanted && worker is { IsRunning: true, IsStopping: false }) Stop(worker);
            if (!worker.IsRunning) SayVacated(worker);
            var isUntold = worker.Failures > worker.FailuresCounted;
            if (isUntold && _now - worker.FailuresToldAt >= _options.Profile.Heartbeat) TellFailures(worker);
        }

        if (until <= _runsUntil || !_workers.Values.Any(w => w.IsRunning)) return;
        _runsUntil = until;
        _effects.Add(new NodeEffect.ExtendRuns(until));
    }

    /// <summary>It runs here in the version that says so, until the lease is about to end or the node leaves.</summary>
    private bool IsRunWanted(HostedWorker worker, TimeSpan until) =>
        IsMember && !_isHandedOver && !worker.IsDone && worker.Configuration?.Primary == _self
        && until - _now > _options.Profile.WorkerMargin
        && (worker.StartAnewAt is not { } due || _now >= due)
        && Map.Find(worker.Definition.Name) is not { IsStopped: true };

    private void Run(HostedWorker worker, TimeSpan until)
    {
        var configuration = worker.Configuration!;
        Invariant.Holds(configuration.Primary == _self, "OneWorker: only who is named in the version runs it");
        Invariant.Holds(until > _now, "OneWorker: a worker begins while the lease lasts");
        worker.Run = ++_lastRun;
        (worker.RunVersion, worker.IsRunning, worker.IsStopping) = (configuration.Version, true, false);
        worker.StartAnewAt = null;
        _runsUntil = until;
        _effects.Add(new NodeEffect.RunWorker(
            configuration.Service,
            worker.Definition.Kind,
            worker.Run,
            configuration.Version,
            configuration.Lineage,
            until));
        Report(new NodeEvent.WorkerStarted(
            configuration.Service, configuration.Version, configuration.Lineage, configuration.Cause));
    }

    private void Stop(HostedWorker worker)
    {
        worker.IsStopping = true;
        _effects.Add(new NodeEffect.StopWorker(worker.Definition.Name, worker.Run));
    }

    /// <summary>
    /// Said again and again until the RM orders something else. It binds: this node adopts no older version.
    /// </summary>
    private void SayVacated(HostedWorker worker)
    {
        if (worker.Configuration is not { Primary: null, InSync: [var last] } vacant || last.Member != _self) return;
        if (worker.VacatedAt is { } saidAt && _now - saidAt < _options.Profile.Heartbeat) return;
        worker.VacatedAt = _now;
        SendToManager(new ReplicationMessage.Vacated(vacant.Service, vacant.Version));
    }

    /// <summary>What the exclusive services that run nowhere wait for.</summary>
    private ImmutableSortedDictionary<ServiceName, string> VacantServices(TimeSpan now)
    {
        var vacant = ImmutableSortedDictionary.CreateBuilder<ServiceName, string>();
        foreach (var name in _vacant)
        {
            if (Map.Find(name) is { IsVacant: true } entry) vacant[name] = WhyVacant(entry, now);
        }

        return vacant.ToImmutable();
    }

    private string WhyVacant(ServiceEntry entry, TimeSpan now)
    {
        var holder = entry.Holder;
        if (View is { } view && view.Contains(holder)) return WhyStillRunning(entry, now);
        if (_membership.FenceOf(holder) == FenceState.Passed) return "it waits for a node that may run it";
        if (_membership.FenceUntil(holder) is not { } until || until <= now)
            return $"it waits until the view lease of {holder.Node} has certainly ended";
        var left = Math.Ceiling((until - now).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        return $"{holder.Node} may still run it until its view lease has ended, in at most {left} ms";
    }

    /// <summary>The holder was told when it adopted the vacant version, at about the same time as this node.</summary>
    private string WhyStillRunning(ServiceEntry entry, TimeSpan now)
    {
        var node = entry.Holder.Node;
        var waits = $"it waits until {node} has stopped it";
        if (!_workers.TryGetValue(entry.Definition.Name, out var worker)) return waits;
        var left = Math.Max(0, Math.Ceiling((_options.Profile.CallLimit - (now - worker.AdoptedAt)).TotalSeconds));
        var seconds = left.ToString(CultureInfo.InvariantCulture);
        return $"{waits}; in some {seconds} s the process there ends, if it has not";
    }
}
