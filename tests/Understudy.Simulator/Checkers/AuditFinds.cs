using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// An audit finds every in-sync secondary whose state was damaged differently from the primary's before the checkpoint
/// of the audit, and no other.
/// </summary>
internal sealed class AuditFinds(SimulatedCluster cluster) : Checker
{
    public override void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        if (happening is not NodeEvent.Audited { Result: { Sequence: > 0 } result } audited) return;
        if (node.Core?.Map.Find(audited.Service)?.Configuration is not { } present) return;
        if (present.Version != result.Version || node.Provider(audited.Service) is not { } primary) return;
        foreach (var provider in present.InSync)
        {
            var other = cluster.Nodes[cluster.IndexOf(provider.Member.Node)];
            if (other == node || other.Member != provider.Member) continue;
            if (other.Provider(audited.Service) is not { } secondary) continue;
            if (HasLater(primary, result.Sequence) || HasLater(secondary, result.Sequence)) continue;
            var differs = !primary.Damages.Select(d => d.Id).SequenceEqual(secondary.Damages.Select(d => d.Id));
            var isFound = result.Differing.Contains(provider.Member);
            if (differs && !isFound && secondary.Executor.Position >= result.Sequence)
                Fail($"the audit of {audited.Service} at {result.Sequence} did not find {provider.Member}");
        }
    }

    /// <summary>Whether it was damaged since, or so near that the audit may have come first.</summary>
    private static bool HasLater(SimulatedProvider provider, long sequence)
    {
        foreach (var (_, after) in provider.Damages)
        {
            if (after >= sequence - 1) return true;
        }

        return false;
    }
}
