using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// What a periodic service loses with a primary was acknowledged within the bound, by the primary's own clock, and is
/// the last that it acknowledged; a planned change loses nothing. Acknowledged is what a primary has let go, whether a
/// client heard it or not; lost is what the next primary's log does not have.
/// </summary>
internal sealed class LossBound(SimulatedCluster cluster, Activations activations) : Checker
{
    private readonly ServiceDefinition[] _periodic = [.. cluster.Scenario.Cluster.Services.Where(s => s.IsPeriodic)];
    private readonly Dictionary<(ServiceName Service, MemberId Primary), Reign> _present = [];
    private readonly List<Reign> _reigns = [];
    private readonly HashSet<MemberId> _leaving = [];

    /// <summary>How many primaries it has watched, each from becoming primary to being deposed.</summary>
    public int ReignsWatched => _reigns.Count;

    private sealed class Reign(ServiceName service, MemberId primary, Lineage lineage, long committed)
    {
        public ServiceName Service { get; } = service;

        public MemberId Primary { get; } = primary;

        public Lineage Lineage { get; } = lineage;

        /// <summary>What was acknowledged and may still be lost: until where, in which version, and when.</summary>
        public List<(long Sequence, ConfigurationVersion Version, TimeSpan At)> Acknowledged { get; } = [];

        public long Last { get; set; } = committed;

        /// <summary>The latest in which it was primary.</summary>
        public ConfigurationVersion Version { get; set; }

        /// <summary>Who followed it; it may not know yet.</summary>
        public (SimulatedNode Node, MemberId Member)? Next { get; set; }

        public TimeSpan? FirstLost { get; set; }
    }

    public override void OnStopping(SimulatedNode node) => _leaving.Add(node.Member);

    /// <summary>A node has taken a turn: what has its primaries acknowledged in it?</summary>
    public void OnStepped(SimulatedNode node)
    {
        if (node.Core is not { } core) return;
        foreach (var service in _periodic)
        {
            var key = (service.Name, node.Member);
            if (core.VersionLed(service.Name) is not { } version)
            {
                _present.Remove(key);
                continue;
            }

            if (!_present.TryGetValue(key, out var reign))
            {
                var lineage = activations.LineageOf(service.Name, version);
                reign = new Reign(service.Name, node.Member, lineage, core.CommittedSequence(service.Name));
                _present.Add(key, reign);
                _reigns.Add(reign);
            }

            reign.Version = version;
            var released = core.ReleasedSequence(service.Name);
            if (released <= reign.Last) continue;
            reign.Last = released;
            var made = core.VersionAt(service.Name, released);
            if (reign.Next is null) reign.Acknowledged.Add((released, made, node.OwnNow));
            else if (reign.Next is { } next && next.Node.Member == next.Member
                && next.Node.Core?.Has(service.Name, made, released) == false)
                Judge(service, reign, node.OwnNow);
        }
    }

    public override void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        if (happening is not NodeEvent.PrimaryActivated activated) return;
        if (Array.Find(_periodic, s => s.Name == activated.Service) is not { } service) return;
        var own = _present.GetValueOrDefault((activated.Service, node.Member));
        foreach (var reign in _reigns)
        {
            if (reign.Service != activated.Service || reign == own || reign.Next is not null) continue;
            if (reign.Version >= activated.Version) continue; // Its own activation is older than this reign.
            reign.Next = (node, node.Member);
            if (reign.Lineage != activated.Lineage) continue;
            foreach (var (sequence, version, at) in reign.Acknowledged)
            {
                if (node.Core!.Has(reign.Service, version, sequence)) continue;
                if (IsPlanned(reign.Service, reign.Primary, activated.Version))
                {
                    Fail($"{reign.Primary} acknowledged checkpoint {sequence} of {reign.Service}, and {node.Member}, "
                        + $"which it handed over to in version {activated.Version}, does not have it");
                }

                Judge(service, reign, at);
            }
        }
    }

    private void Judge(ServiceDefinition service, Reign reign, TimeSpan at)
    {
        reign.FirstLost ??= at;
        var bound = service.BoundOnLoss(cluster.Scenario.Cluster.Profile);
        if (at - reign.FirstLost.Value <= bound) return;
        Fail($"{reign.Primary} acknowledged updates of {service.Name} until {at} of its own time that are lost, the "
            + $"first of them at {reign.FirstLost}: the bound is {bound}");
    }

    /// <summary>
    /// Whether the primary was frozen and drained first. It was not if it died meanwhile, if its code failed, if it had
    /// to leave in the end, if its state differed from the others', or if an operator would not wait.
    /// </summary>
    private bool IsPlanned(ServiceName name, MemberId primary, ConfigurationVersion version)
    {
        var before = new ConfigurationVersion(version.Value - 1);
        if (activations.Find(name, version) is not { IsPlanned: true } || !activations.IsMoving(name, before))
            return false;
        var node = cluster.Nodes[cluster.IndexOf(primary.Node)];
        if (node.Core is null || node.Member != primary) return false;
        var isForced = _leaving.Contains(primary) || cluster.Operator.HasFailedOver || cluster.HasDamagedStates;
        return !isForced && !cluster.Nodes.Any(n => n.Core?.Map.Find(name) is { LastError.Length: > 0 });
    }
}
