using System.Diagnostics;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Faults;

/// <summary>
/// Makes things go wrong, each kind at its own drawn rate, until it is told to stop; then it heals everything.
/// </summary>
internal sealed class FaultInjector
{
    private readonly SimulatedCluster _cluster;
    private readonly SeededRandom _random;
    private readonly Dictionary<int, List<(int From, int To)>> _cuts = [];
    private readonly FaultKind[] _kinds;
    private int _lastCut;

    public FaultInjector(SimulatedCluster cluster, SeededRandom random)
    {
        (_cluster, _random) = (cluster, random);
        _kinds = [.. cluster.Scenario.FaultEvery.Keys];
        foreach (var (kind, every) in cluster.Scenario.FaultEvery)
        {
            ScheduleNext(kind, every, cluster.Scenario.FirstFault);
        }
    }

    private SimulatedNode[] Nodes => _cluster.Nodes;

    /// <summary>A fault is due; the next of its kind follows, unless it is an aftershock of another.</summary>
    public void OnFault(FaultKind kind, bool isAftershock)
    {
        if (_cluster.IsCalm) return;

        if (TryStrike(kind))
        {
            _cluster.Faults.Count(kind);
            _cluster.Note("fault", kind);
            _cluster.Workload.Stir();
            if (_random.Chance(_cluster.Scenario.Aftershock)) ScheduleAftershock();
        }

        if (!isAftershock) ScheduleNext(kind, _cluster.Scenario.FaultEvery[kind], 0);
    }

    public void OnHeal(int cut)
    {
        if (!_cuts.Remove(cut, out var links)) return;
        _cluster.Note("fault", "a cut is healed");
        foreach (var (from, to) in links) _cluster.Network.Heal(from, to);
    }

    /// <summary>Ends every fault that lasts: from now on all nodes run and all links work.</summary>
    public void HealAll()
    {
        foreach (var cut in _cuts.Keys.Order().ToArray()) OnHeal(cut);
        _cluster.Network.Calm();
        foreach (var node in Nodes)
        {
            node.SlowDiskUntil = 0;
            node.Resume();
            if (node.Core is null) node.StartAfter(Draw(200));
        }
    }

    private bool TryStrike(FaultKind kind) => kind switch
    {
        FaultKind.Crash => TryKill(Pick(), hasPower: true, Length(800)),
        FaultKind.QuickRestart => TryKill(Pick(), hasPower: true, Draw(3)),
        FaultKind.PowerLossOne => TryKill(Pick(), hasPower: false, Length(1500)),
        FaultKind.PowerLossSome => TryPowerLoss(chance: 0.5),
        FaultKind.PowerLossAll => TryPowerLoss(chance: 1),
        FaultKind.Pause => CanSpare(Pick(), out var node) && node.TryPause(Length(700), withClock: false),
        FaultKind.ClockStop => CanSpare(Pick(), out var node) && node.TryPause(Length(700), withClock: true),
        FaultKind.ChannelReset => PickPair(out var a, out var b) && _cluster.Network.TryReset(a, b),
        FaultKind.FalseSuspicion => TrySuspect(),
        FaultKind.Mute => TryMute(),
        FaultKind.HeartbeatsLost => TryLoseHeartbeats(),
        FaultKind.SlowDisk => TrySlowDisk(),
        FaultKind.FlushStall => TryStallFlush(),
        FaultKind.StateDamaged => TryDamageState(),
        FaultKind.RecordDamaged => TryDamageRecord(Pick()),
        FaultKind.InSyncLost => TryLoseInSync(),
        FaultKind.OrderlyStop => Pick().TryStopInOrder(TimeSpan.FromSeconds(10).Ticks),
        _ => TryCut(kind),
    };

    private bool TryKill(SimulatedNode node, bool hasPower, long downtime)
    {
        if (node.Core is null || !CanSpare(node, out _)) return false;
        node.Kill(hasPower);
        node.StartAfter(downtime);
        return true;
    }

    private bool TryDamageState()
    {
        var node = Pick();
        foreach (var (name, configuration) in Copies(node))
        {
            if (configuration.Primary == node.Member || !configuration.IsInSync(node.Member)) continue;
            if (node.Core!.IsPrimary(name) || node.Provider(name) is not { } provider) continue;
            provider.Damage();
            return true;
        }

        return false;
    }

    private bool TryDamageRecord(SimulatedNode node)
    {
        foreach (var (name, configuration) in Copies(node))
        {
            var stream = ServiceStream.Of(name, configuration.Lineage);
            var others = configuration.InSync.Where(p => p.Member.Node != node.Option.Id)
                .Select(p => Nodes[_cluster.IndexOf(p.Member.Node)]);
            if (!others.Any(other => other.HasGoodCopy(stream))) continue;
            if (!TryKill(node, hasPower: true, Length(800))) continue;
            node.DamageRecord(stream);
            return true;
        }

        return false;
    }

    /// <summary>The durable services of which a node that runs has a copy that may count.</summary>
    private IEnumerable<(ServiceName, Configuration)> Copies(SimulatedNode node)
    {
        if (node.Core is null) yield break;
        foreach (var service in _cluster.Scenario.Cluster.Services.Where(s => s.Durable))
        {
            if (_cluster.Checkers.Latest(service.Name) is { InSync.Length: > 1 } latest)
                yield return (service.Name, latest);
        }
    }

    private bool TryPowerLoss(double chance)
    {
        var isStruck = false;
        foreach (var node in Nodes)
        {
            if (node.Core is null || !_random.Chance(chance)) continue;
            isStruck = true;
            node.Kill(hasPower: false);
            node.StartAfter(Length(1000));
        }

        return isStruck;
    }

    private bool TryLoseInSync()
    {
        var services = _cluster.Scenario.Cluster.Services;
        var service = services[_random.Below(services.Length)].Name;
        var manager = Array.Find(Nodes, node => node.Core is { IsManager: true });
        if (manager?.Core?.Map.Find(service) is not { Configuration.InSync: { IsEmpty: false } inSync }) return false;
        List<SimulatedNode> holders = [.. inSync.Select(p => Nodes[_cluster.IndexOf(p.Member.Node)])];
        var voters = Nodes.Where(n => n.Option.Kind != NodeKind.NonVoter).ToList();
        if (voters.Count(n => n.IsAwake && !holders.Contains(n)) <= voters.Count / 2) return false;
        foreach (var holder in holders)
        {
            holder.Kill(hasPower: _random.Chance(0.7));
            holder.StartAfter(Length(5000));
        }

        return true;
    }

    private bool TrySuspect()
    {
        if (!PickPair(out var accuser, out var accused)) return false;
        var (node, peer) = (Nodes[accuser], Nodes[accused]);
        if (!node.IsAwake || peer.Core is null) return false;
        _cluster.Network.TryReset(accuser, accused);
        _cluster.ScheduleInput(node, Draw(5), new Protocol.NodeInput.ProbeFailed(peer.Member));
        return true;
    }

    private bool TryMute()
    {
        _cluster.Network.Mute(Pick().Index, _cluster.Now + Length(500));
        return true;
    }

    private bool TryLoseHeartbeats()
    {
        _cluster.Network.LoseHeartbeats(Pick().Index, _cluster.Now + Length(700));
        return true;
    }

    private bool TrySlowDisk()
    {
        Pick().SlowDiskUntil = _cluster.Now + Length(1500);
        return true;
    }

    private bool TryStallFlush()
    {
        Pick().StallNextFlushFor = Length(1500);
        return true;
    }

    private bool TryCut(FaultKind kind)
    {
        if (Nodes.Length < 2) return false;
        var groups = new int[Nodes.Length];
        for (var i = 0; i < groups.Length; i++) groups[i] = _random.Below(2);
        var lonely = Pick().Index;
        PickPair(out var a, out var b);
        List<(int From, int To)> links = [];
        for (var from = 0; from < groups.Length; from++)
        {
            for (var to = 0; to < groups.Length; to++)
            {
                if (from != to && IsCutBy(kind, from, to)) links.Add((from, to));
            }
        }

        if (links.Count == 0) return false;
        foreach (var (from, to) in links) _cluster.Network.Cut(from, to);
        _cuts.Add(++_lastCut, links);
        _cluster.Schedule(Length(1200), new SimulationEvent(EventKind.Heal, Number: _lastCut));
        return true;

        bool IsCutBy(FaultKind cutKind, int from, int to) => cutKind switch
        {
            FaultKind.OneWayCut => from == a && to == b,
            FaultKind.LinkCut => (from == a && to == b) || (from == b && to == a),
            FaultKind.Isolation => from == lonely || to == lonely,
            FaultKind.Partition => groups[from] != groups[to],
            FaultKind.Bridge => groups[from] != groups[to] && from != lonely && to != lonely,
            FaultKind.RandomCuts => _random.Chance(0.3),
            _ => throw new UnreachableException($"{cutKind} does not strike by itself."),
        };
    }

    /// <summary>Gentle seeds keep a majority of the voters running, so that there is something to lose.</summary>
    private bool CanSpare(SimulatedNode node, out SimulatedNode same)
    {
        same = node;
        if (_cluster.Scenario.IsBrutal || node.Option.Kind == NodeKind.NonVoter) return true;
        var voters = 0;
        var awake = 0;
        foreach (var other in Nodes)
        {
            if (other.Option.Kind == NodeKind.NonVoter) continue;
            voters++;
            if (other.IsAwake && other != node) awake++;
        }

        return awake > voters / 2 || voters < 3;
    }

    private SimulatedNode Pick()
    {
        var drawn = Nodes[_random.Below(Nodes.Length)];
        if (!_random.Chance(_cluster.Scenario.Aim)) return drawn;

        var services = _cluster.Scenario.Cluster.Services;
        var service = services[_random.Below(services.Length)].Name;
        foreach (var node in Nodes)
        {
            if (node.Core?.IsPrimary(service) == true) return node;
        }

        return drawn;
    }

    private bool PickPair(out int a, out int b)
    {
        a = Pick().Index;
        b = Nodes.Length < 2 ? a : (a + 1 + _random.Below(Nodes.Length - 1)) % Nodes.Length;
        return a != b;
    }

    private long Length(double meanMilliseconds) => _cluster.DrawFaultLength(_random, meanMilliseconds);

    private long Draw(double meanMilliseconds) =>
        _random.Exponential(TimeSpan.FromMilliseconds(meanMilliseconds)).Ticks;

    private void ScheduleAftershock() => _cluster.Schedule(
        Draw(_random.Chance(0.5) ? 5 : 150),
        new SimulationEvent(EventKind.Fault, Other: 1, Number: (long)_kinds[_random.Below(_kinds.Length)]));

    private void ScheduleNext(FaultKind kind, long every, long notBefore) => _cluster.Schedule(
        notBefore + _random.Exponential(new TimeSpan(every)).Ticks,
        new SimulationEvent(EventKind.Fault, Number: (long)kind));
}
