using System.Collections.Immutable;
using System.Globalization;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Protocol;

/// <summary>
/// Workers: what runs on one node at a time and has no state (agreement.md 4.11). This node runs one in the version
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
        if (worker.Configuration is { } present && configuration.Version <= present.Version) return;
        worker.Configuration = configuration;
        worker.IsDone = false;
        worker.VacatedAt = null;
        _mustWatchWorkers = true;
        Report(new NodeEvent.Configured(configuration));
    }

    private void EndRemovedWorkers(ServiceMap map)
    {
        foreach (var (name, worker) in _workers)
        {
            if (map.Find(name) is not null) continue;
            worker.Configuration = null;
            _mustWatchWorkers = true;
        }
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
        var name = worker.Definition.Name;
        Report(new NodeEvent.ProviderFailed(name, worker.RunVersion, reason));
        if (worker.FailedAt is { } before && _now - before > FailureBudget) worker.Failures = 0;
        worker.Failures++;
        worker.FailedAt = _now;
        worker.StartAnewAt = _now + RestAfter(worker.Failures);
        if (worker.Failures > 1 && worker.Configuration is { } configuration && configuration.Primary == _self)
            SendToManager(new ReplicationMessage.MoveWanted(name, configuration.Version));
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
        }

        if (until <= _runsUntil || !_workers.Values.Any(w => w.IsRunning)) return;
        _runsUntil = until;
        _effects.Add(new NodeEffect.ExtendRuns(until));
    }

    /// <summary>It runs here in the version that says so, until the lease is about to end or the node leaves.</summary>
    private bool IsRunWanted(HostedWorker worker, TimeSpan until) =>
        IsMember && !_isHandedOver && !worker.IsDone && worker.Configuration?.Primary == _self
        && until - _now > _options.Profile.LeaseMargin
        && (worker.StartAnewAt is not { } due || _now >= due);

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
        foreach (var entry in Map.Services)
        {
            if (entry.IsVacant) vacant[entry.Definition.Name] = WhyVacant(entry, now);
        }

        return vacant.ToImmutable();
    }

    private string WhyVacant(ServiceEntry entry, TimeSpan now)
    {
        var holder = entry.Holder;
        if (View is { } view && view.Contains(holder)) return $"it waits until {holder.Node} has stopped it";
        if (_membership.FenceOf(holder) == FenceState.Passed) return "it waits for a node that may run it";
        if (_membership.FenceUntil(holder) is not { } until || until <= now)
            return $"it waits until the view lease of {holder.Node} has certainly ended";
        var left = Math.Ceiling((until - now).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        return $"{holder.Node} may still run it until its view lease has ended, in at most {left} ms";
    }
}
