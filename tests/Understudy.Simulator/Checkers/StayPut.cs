using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// A primary that is still in the in-sync set stays primary, unless it was frozen for a switchover, an operator failed
/// it over, its node was asked to stop, or its code failed.
/// </summary>
internal sealed class StayPut(SimulatedCluster cluster, Activations activations) : Checker
{
    private readonly HashSet<MemberId> _stopping = [];
    private readonly HashSet<NodeId> _failed = [];

    public override void OnStopping(SimulatedNode node) => _stopping.Add(node.Member);

    public override void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        if (happening is NodeEvent.Audited { Result.IsPrimaryOdd: true }) _stopping.Add(node.Member);
        // What failed is counted by node: a restart does not mend it.
        if (happening is NodeEvent.ProviderFailed) _failed.Add(node.Member.Node);
        if (happening is not NodeEvent.PrimaryActivated activated) return;

        var history = activations.Of(activated.Service);
        if (history.Count < 2) return;
        var (last, before) = (history[^1], history[^2]);
        if (last.Primary == before.Primary || last.Version <= before.Version) return;
        if (_stopping.Contains(before.Primary) || _failed.Contains(before.Primary.Node)) return;
        if (cluster.Operator.HasFailedOver || IsMoved(activated.Service, before.Version, last.Version)) return;

        var configuration = activations.Find(activated.Service, activated.Version);
        if (configuration is null || !configuration.IsInSync(before.Primary)) return;
        Fail($"{activated.Service}: {last.Primary} became primary in version {last.Version}, "
            + $"though {before.Primary} of version {before.Version} is still in sync");
    }

    /// <summary>Whether a version from the one up to the other was frozen for a switchover.</summary>
    private bool IsMoved(ServiceName service, ConfigurationVersion from, ConfigurationVersion to)
    {
        for (var version = from; version < to; version = version.Next)
        {
            if (activations.IsMoving(service, version)) return true;
        }

        return false;
    }
}
