using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Replication.Protocol;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Faults;

/// <summary>
/// Faults that wait for the moment at which they can hurt, as nodes report it: chance alone meets the windows of some
/// rules too seldom. Each kind is on in some seeds, and strikes then at a drawn part of its moments.
/// </summary>
internal sealed class AimedFaults(SimulatedCluster cluster, SeededRandom random)
{
    private static readonly long Attention = TimeSpan.FromMilliseconds(700).Ticks;

    private readonly List<(int From, int To)> _cut = [];
    private int _cuts;
    private MemberId _lastWinner;
    private ServiceMap _ordered = ServiceMap.Empty;

    private SimulatedNode[] Nodes => cluster.Nodes;

    /// <summary>A node reports something: perhaps a moment to strike at, once its turn is over.</summary>
    public void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        if (cluster.IsCalm) return;
        switch (happening)
        {
            case NodeEvent.JoiningMarked marked:
                Aim(new Aim(FaultKind.JoinerRestart, node, marked.Service, marked.Member), DelayOfMessages(1));
                if (marked.Service == Registry.Name) break;
                Aim(new Aim(FaultKind.InSyncCutOff, node, marked.Service));
                Aim(new Aim(FaultKind.OrdersLost, node, marked.Service, marked.Member));
                break;
            case NodeEvent.PrimaryActivated activated:
                if (node.Core?.Map.Find(activated.Service)?.Configuration.InSync.Length != 1) break;
                Aim(new Aim(FaultKind.InSyncCutOff, node, activated.Service));
                Aim(new Aim(FaultKind.FalseEviction, node, activated.Service));
                break;
            case NodeEvent.SelectionWon:
                Aim(new Aim(FaultKind.WinnerUninformed, node, Member: _lastWinner), Draw(60));
                _lastWinner = node.Member;
                break;
            case NodeEvent.ViewProposed:
                Aim(new Aim(FaultKind.DecisionsLost, node));
                break;
        }
    }

    /// <summary>An RM has taken a turn: perhaps it has committed a step of an operation, and sent the orders.</summary>
    public void OnStepped(SimulatedNode node)
    {
        if (node.Core is not { IsManager: true, Map: var map } || ReferenceEquals(map, _ordered)) return;
        var before = _ordered;
        _ordered = map;
        if (cluster.IsCalm || map.Generation < before.Generation) return;
        foreach (var (kind, partner) in OperationMoments.Between(before, map))
        {
            Aim(new Aim(kind, node, Member: node.Member), DrawMoment());
            if (partner is not { } other) continue;
            var concerned = Nodes[cluster.IndexOf(other)];
            Aim(new Aim(FaultKind.PartnerLost, concerned, Member: concerned.Member), DrawMoment());
        }
    }

    /// <summary>An operator gave a command: it, or what is decided for it, is on its way.</summary>
    public void OnCommanded()
    {
        if (cluster.IsCalm || Array.Find(Nodes, n => n.Core is { IsManager: true }) is not { } manager) return;
        Aim(new Aim(FaultKind.RmLostOnCommand, manager, Member: manager.Member), DelayOfMessages(3));
    }

    public void OnDue(Aim aim)
    {
        if (cluster.IsCalm || !TryStrike(aim)) return;
        cluster.Faults.Count(aim.Kind);
        cluster.Note("fault", aim.Kind);
    }

    /// <summary>The second half of a cut: what the cut-off side said at once has reached the others, no more.</summary>
    public void OnCutCompletes(CutOff cut)
    {
        if (cut.Number != _cuts || _cut.Count == 0) return;
        foreach (var inside in cut.Inside)
        {
            foreach (var outside in cut.Outside)
            {
                Cut(inside.Index, outside.Index);
                cluster.Network.TryReset(inside.Index, outside.Index);
                Accuse(outside, inside);
            }
        }

        cluster.Schedule(
            Attention / 2 + cluster.DrawFaultLength(random, 700),
            new SimulationEvent(EventKind.CutOffHeals, Number: cut.Number));
    }

    public void OnHeal(long cut)
    {
        if (cut == _cuts) Heal();
    }

    public void Heal()
    {
        if (_cut.Count > 0) cluster.Note("fault", "who was cut off is back");
        foreach (var (from, to) in _cut) cluster.Network.Heal(from, to);
        _cut.Clear();
    }

    private void Aim(Aim aim, long delay = 0)
    {
        if (!cluster.Scenario.AimedFaults.TryGetValue(aim.Kind, out var chance) || !random.Chance(chance)) return;
        cluster.Schedule(delay, new SimulationEvent(EventKind.AimedFault, aim.Node.Index, Payload: aim));
    }

    private bool TryStrike(Aim aim) => aim.Kind switch
    {
        FaultKind.JoinerRestart => TryRestart(aim.Member),
        FaultKind.InSyncCutOff => TryCutOff(aim),
        FaultKind.FalseEviction => TryEvict(aim),
        FaultKind.DecisionsLost => TryLoseDecisions(),
        FaultKind.OrdersLost => TryLoseOrders(aim),
        FaultKind.WinnerUninformed => TryRestartAfterWin(aim.Node, aim.Member),
        >= FaultKind.RmLostOnCommand and <= FaultKind.PartnerLost => TryLose(aim.Member),
        _ => throw new System.Diagnostics.UnreachableException($"{aim.Kind} is not aimed."),
    };

    private bool TryRestart(MemberId member)
    {
        var node = Nodes[cluster.IndexOf(member.Node)];
        if (node.Core is null || node.Member != member) return false;
        Restart(node);
        return true;
    }

    /// <summary>It is back at once, or long after it was evicted.</summary>
    private bool TryLose(MemberId member)
    {
        var node = Nodes[cluster.IndexOf(member.Node)];
        if (node.Core is null || node.Member != member) return false;
        node.Kill(hasPower: true);
        node.StartAfter(random.Chance(0.5) ? Draw(3) : cluster.DrawFaultLength(random, 700));
        return true;
    }

    /// <summary>A winner that had won before is itself restarted, so that the next one is new.</summary>
    private bool TryRestartAfterWin(SimulatedNode winner, MemberId winnerBefore)
    {
        if (winner.Member == winnerBefore) return TryRestart(winnerBefore);
        var voters = Nodes.Where(n => n.Option.Kind == NodeKind.Voter && n != winner && n.Core is not null).ToArray();
        if (voters.Length < 2 || winner.Core is null) return false;
        cluster.Network.LoseDecisions(winner.Index, Attention / 4 + Draw(100));
        Restart(voters[random.Below(voters.Length)]);
        return true;
    }

    private void Restart(SimulatedNode node)
    {
        node.Kill(hasPower: true);
        node.StartAfter(Draw(3));
    }

    /// <summary>
    /// A service's in-sync providers are cut off from a majority, which notices at once. They hear nothing from now
    /// on; what they have just said still arrives. Clients write on the one side and read on the other.
    /// </summary>
    private bool TryCutOff(Aim aim)
    {
        if (_cut.Count > 0 || !IsPrimary(aim, out var configuration)) return false;
        var inside = Nodes.Where(n => configuration.IsInSync(n.Member)).ToArray();
        var outside = Nodes.Except(inside).ToArray();
        var voters = Nodes.Count(n => n.Option.Kind != NodeKind.NonVoter);
        if (outside.Count(n => n.IsAwake && n.Option.Kind != NodeKind.NonVoter) <= voters / 2) return false;

        foreach (var from in outside)
        {
            foreach (var to in inside) Cut(from.Index, to.Index);
        }

        cluster.Workload.Concentrate(inside, outside, Attention);
        cluster.Schedule(
            DelayOfMessages(3),
            new SimulationEvent(EventKind.CutOffCompletes, Payload: new CutOff(++_cuts, inside, outside)));
        return true;
    }

    /// <summary>
    /// Everybody says at once that a live primary does not answer. Who decides knows it; the primary and some of the
    /// others hear of it later, and meet again before they do.
    /// </summary>
    private bool TryEvict(Aim aim)
    {
        if (Nodes.Length < 3 || !IsPrimary(aim, out _)) return false;
        foreach (var other in Nodes)
        {
            if (other == aim.Node)
            {
                cluster.Network.LoseDecisions(other.Index, Attention);
                continue;
            }

            cluster.Network.TryReset(other.Index, aim.Node.Index);
            Accuse(other, aim.Node);
            if (random.Chance(0.7)) cluster.Network.LoseDecisions(other.Index, Draw(300));
        }

        cluster.Workload.Concentrate([aim.Node], Nodes, Attention);
        return true;
    }

    private bool TryLoseDecisions()
    {
        var isStruck = false;
        foreach (var node in Nodes)
        {
            if (!random.Chance(0.4)) continue;
            isStruck = true;
            cluster.Network.LoseDecisions(node.Index, cluster.DrawFaultLength(random, 200));
        }

        return isStruck;
    }

    /// <summary>
    /// A new configuration is decided, which everybody hears of before those that it is about: clients too, and they
    /// hardly think.
    /// </summary>
    private bool TryLoseOrders(Aim aim)
    {
        if (!IsPrimary(aim, out var configuration)) return false;
        var providers = Nodes.Where(n => configuration.IsInSync(n.Member) || n.Member == aim.Member).ToArray();
        if (Array.Exists(providers, n => n.Core is { IsManager: true })) return false;
        var duration = Draw(200);
        foreach (var provider in providers) cluster.Network.LoseOrders(provider.Index, duration);
        cluster.Workload.Concentrate(Nodes, Nodes, duration);
        return true;
    }

    private static bool IsPrimary(Aim aim, out Configuration configuration)
    {
        configuration = aim.Node.Core?.Map.Find(aim.Service)?.Configuration!;
        return configuration is not null && aim.Node.IsAwake && configuration.Primary == aim.Node.Member;
    }

    private void Cut(int from, int to)
    {
        cluster.Network.Cut(from, to);
        _cut.Add((from, to));
    }

    private void Accuse(SimulatedNode accuser, SimulatedNode accused)
    {
        if (!accuser.IsAwake || accused.Core is null) return;
        var delay = TimeSpan.FromMilliseconds(3).Ticks + Draw(3);
        cluster.ScheduleInput(accuser, delay, new NodeInput.ProbeFailed(accused.Member));
    }

    /// <summary>Before anybody else has heard of it, or while they act on it.</summary>
    private long DrawMoment() => random.Chance(0.3) ? 0 : DelayOfMessages(1 + (5 * random.Unit()));

    private long DelayOfMessages(double factor) =>
        TimeSpan.TicksPerMillisecond / 10 + (long)(random.Unit() * 2 * factor * cluster.Scenario.Network.MeanDelay);

    private long Draw(double meanMilliseconds) =>
        random.Exponential(TimeSpan.FromMilliseconds(meanMilliseconds)).Ticks;
}

/// <summary>A fault that is about to strike.</summary>
/// <param name="Kind">What shall go wrong.</param>
/// <param name="Node">The node that reported the moment.</param>
/// <param name="Service">The service that it was about.</param>
/// <param name="Member">The member that it was about.</param>
internal sealed record Aim(
    FaultKind Kind, SimulatedNode Node, ServiceName Service = default, MemberId Member = default);

/// <summary>Nodes that hear nothing from the others, and will not be heard by them either.</summary>
internal sealed record CutOff(int Number, SimulatedNode[] Inside, SimulatedNode[] Outside);
