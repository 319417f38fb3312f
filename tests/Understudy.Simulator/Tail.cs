using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator;

/// <summary>
/// The fault-free end of a run: the cluster must heal by itself. All nodes become members of one view, every service
/// gets its wanted shape, its providers agree, every client is answered; then every key is read back.
/// </summary>
internal sealed class Tail(SimulatedCluster cluster)
{
    private const string Name = "Convergence";

    private static readonly long Interval = TimeSpan.FromMilliseconds(100).Ticks;
    private static readonly long Limit = TimeSpan.FromSeconds(60).Ticks;

    private long _end;
    private bool _isReadingBack;

    /// <summary>True when all has been found as wanted.</summary>
    public bool IsOver { get; private set; }

    public void Begin()
    {
        _end = cluster.Now + Limit;
        cluster.Schedule(Interval, new SimulationEvent(EventKind.TailCheck));
    }

    public void OnCheck()
    {
        cluster.Checkers.Losses.Update();
        var missing = WhatIsMissing();
        if (missing is null && _isReadingBack)
        {
            IsOver = true;
            return;
        }

        if (missing is null)
        {
            _isReadingBack = true;
            cluster.Workload.BeginReadBack(Services.Where(s => !s.IsExclusive).Select(s => s.Name));
        }

        if (cluster.Now > _end) throw new ViolationException(Name, missing ?? "the keys were not read back");
        cluster.Schedule(Interval, new SimulationEvent(EventKind.TailCheck));
    }

    private IEnumerable<ServiceDefinition> Services =>
        cluster.Scenario.Cluster.Services;

    /// <summary>The first thing that is not as wanted, or null.</summary>
    private string? WhatIsMissing()
    {
        if (WhatMembershipLacks() is { } lack) return lack;
        if (!cluster.Operator.IsIdle) return "an operator waits for an answer";
        if (WhatMapLacks() is { } mapLack) return mapLack;
        foreach (var service in Services) SayWhatItNeeds(service);
        foreach (var service in Services)
        {
            if (WhatServiceLacks(service) is { } serviceLack) return serviceLack;
        }

        return cluster.Workload.IsIdle ? null : $"a client still waits: {cluster.Workload.FirstPending}";
    }

    private string? WhatMembershipLacks()
    {
        View? common = null;
        foreach (var node in cluster.Nodes)
        {
            if (node.Core is not { } core) return $"{node.Option.Id} is not running";
            if (core.View is not { } view || !core.IsMember) return $"{node.Member} is no member; it has {core.View}";
            common ??= view;
            if (!view.Equals(common)) return $"{node.Member} has {view}, another node {common}";
        }

        return common!.Members.Length == cluster.Nodes.Length ? null : $"{common} lacks a node";
    }

    private string? WhatMapLacks()
    {
        var first = cluster.Nodes[0].Core!.Map;
        if (first.Generation == ConfigurationVersion.None) return "there is no service map";
        if (first.Nodes.FirstOrDefault(n => n.IsQuarantined) is { Node: var quarantined })
        {
            cluster.Operator.Say(new OperatorCommand.Release(quarantined));
            return $"{quarantined} is quarantined";
        }

        // Where snapshots are sent slowly, bringing up the registry's copy may last longer than the tail.
        if (first.Rm.Operation is { Stage: OperationStage.Freeze } move) return $"the RM is still being moved: {move}";
        foreach (var node in cluster.Nodes)
        {
            var map = node.Core!.Map;
            if (map.Generation == first.Generation && map.Sequence == first.Sequence) continue;
            return $"{node.Member} has map {map.Generation}/{map.Sequence}, n1 {first.Generation}/{first.Sequence}";
        }

        return null;
    }

    /// <summary>What only an operator can end, in whatever order: services of a group wait for each other.</summary>
    private void SayWhatItNeeds(ServiceDefinition service)
    {
        var name = service.Name;
        if (cluster.Checkers.Losses.IsLost(name) && service.TotalLoss == TotalLossPolicy.Wait)
            cluster.Operator.Say(new OperatorCommand.Recover(name, null, AcceptsLoss: true));
        if (cluster.Nodes[0].Core!.Map.Find(name) is { IsStopped: true })
            cluster.Operator.Say(new OperatorCommand.Resume(name));
    }

    private string? WhatServiceLacks(ServiceDefinition service)
    {
        var name = service.Name;
        if (cluster.Nodes[0].Core!.Map.Find(name) is not { } entry) return $"{name} is not in the map";

        var configuration = entry.Configuration;
        if (configuration.Primary is not { } primary) return $"{name} has no primary: {configuration}";
        var wanted = 1 + Math.Min(service.Secondaries, cluster.Scenario.Hosts - 1);
        if (configuration.InSync.Length != wanted) return $"{name} wants {wanted} in sync: {Words(configuration)}";
        if (entry.Operation is { } operation) return $"{name} is still being moved: {operation}";
        if (entry.IsFrozen) return $"{name} is frozen";
        if (entry.IsStopped)
        {
            cluster.Operator.Say(new OperatorCommand.Resume(name));
            return $"{name} is stopped";
        }

        return WhatPrimariesLack(name, primary)
            ?? (service.IsExclusive ? null : WhatHistoryLacks(configuration) ?? WhatReplicasLack(configuration));
    }

    private string? WhatHistoryLacks(Configuration configuration)
    {
        var manager = Array.Find(cluster.Nodes, n => n.Core is { IsManager: true });
        var change = manager?.Core?.History.LastOrDefault(c => c.Service == configuration.Service
            && c.Version == configuration.Version && c.From < c.Version);
        return change is { Position: null } ? $"the history lacks the position of {configuration}" : null;
    }

    private string? WhatPrimariesLack(ServiceName name, MemberId primary)
    {
        foreach (var node in cluster.Nodes)
        {
            if (node.Core!.IsPrimary(name) == (node.Member == primary)) continue;
            return $"{node.Member} and the map disagree on whether it is primary of {name}";
        }

        return null;
    }

    private string? WhatReplicasLack(Configuration configuration)
    {
        var name = configuration.Service;
        Node? first = null;
        UInt128? digest = null;
        foreach (var provider in configuration.InSync)
        {
            var node = cluster.Nodes[cluster.IndexOf(provider.Member.Node)];
            if (node.Member != provider.Member) return $"{provider.Member} of {name} is {node.Member} now";
            first ??= node.Core!;
            var core = node.Core!;
            if (core.CommittedSequence(name) != first.CommittedSequence(name))
            {
                return $"{name}: {node.Member} has committed {core.CommittedSequence(name)}, "
                    + $"the first provider {first.CommittedSequence(name)}";
            }

            if (WhatStateLacks(name, node) is { } lack) return lack;
            digest ??= node.Provider(name)?.Digest;
            if (digest == node.Provider(name)?.Digest) continue;
            // Nobody but an audit finds that, and nobody but an operator asks for one at once.
            if (cluster.HasDamagedStates) cluster.Operator.Audit(name);
            return $"{name}: the state of {node.Member} is another's";
        }

        return null;
    }

    private static string? WhatStateLacks(ServiceName name, SimulatedNode node)
    {
        var (committed, applied) = (node.Core!.CommittedSequence(name), node.Provider(name)?.Executor.Position ?? 0);
        return applied == committed ? null : $"{name}: {node.Member} has applied {applied} of {committed}";
    }

    private static string Words(Configuration configuration) =>
        $"version {configuration.Version}, primary {configuration.Primary}, "
        + $"in sync {string.Join(' ', configuration.InSync.Select(p => p.Member))}";
}
