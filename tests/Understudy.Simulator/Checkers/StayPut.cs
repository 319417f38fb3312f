using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Selection;
using Understudy.Selection.Protocol;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// A primary that is still in the in-sync set stays primary, unless it was frozen for a switchover, an operator failed
/// it over, its node was asked to stop, or its code failed. The RM's primary stays too, unless a view since it won
/// prefers another copy of the registry.
/// </summary>
internal sealed class StayPut(SimulatedCluster cluster, Activations activations) : Checker
{
    private readonly HashSet<MemberId> _stopping = [];
    private readonly HashSet<NodeId> _failed = [];
    private readonly Dictionary<Epoch, View> _views = [];
    private readonly SortedDictionary<ConfigurationVersion, RegistryCopy?> _preferred = [];
    private (MemberId Member, ConfigurationVersion Version)? _manager;

    public override void OnStopping(SimulatedNode node) => _stopping.Add(node.Member);

    public override void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        if (happening is NodeEvent.ViewInstalled installed) Note(installed.View);
        if (happening is NodeEvent.SelectionWon won) CheckManager(node, won);
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

    private void Note(View view)
    {
        if (!_views.TryAdd(view.Epoch, view)) return;
        var configuration = SelectionCodec.DecodeConfiguration(view.Attachment.Span);
        _preferred[configuration.Version] = configuration.Preferred;
    }

    private void CheckManager(SimulatedNode node, NodeEvent.SelectionWon won)
    {
        var last = _manager;
        if (last is not { } before || won.Version > before.Version) _manager = (node.Member, won.Version);
        if (last is not { } old || old.Member == node.Member || won.Version <= old.Version) return;
        if (!_views.TryGetValue(won.Epoch, out var view)) return;
        var configuration = SelectionCodec.DecodeConfiguration(view.Attachment.Span);
        var survives = view.Members.Any(
            m => m.Id == old.Member && configuration.IsInSync(m.Id.Node, m.Disk));
        if (!survives || IsPreferredSince(old.Version, won.Version)) return;
        Fail($"the RM: {node.Member} won version {won.Version}, though {old.Member} of version {old.Version} is still "
            + "in sync and no view preferred another copy since");
    }

    /// <summary>Whether a version after the one and up to the other began to prefer a copy.</summary>
    private bool IsPreferredSince(ConfigurationVersion from, ConfigurationVersion to)
    {
        RegistryCopy? before = null;
        foreach (var (version, preferred) in _preferred)
        {
            if (version > to) break;
            if (version > from && preferred is not null && preferred != before) return true;
            before = preferred;
        }

        return false;
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
