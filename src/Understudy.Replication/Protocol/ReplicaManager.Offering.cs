using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Which kinds of services the nodes have code for: kept in the registry, so that a new RM knows at once. A new cluster
/// waits a moment for all to come and say so, lest its services start on few nodes, or on some that cannot run them.
/// </summary>
public sealed partial class ReplicaManager
{
    private readonly bool _awaitsKinds;
    private bool _isAwaiting;

    /// <summary>How many nodes of the cluster's file may host services; 0 if it is not known.</summary>
    public int ConfiguredHosts { get; init; }

    /// <summary>A node says what it has code for: what it hosts and cannot run goes elsewhere.</summary>
    public void OnKindsOffered(MemberId from, ReplicationMessage.KindsOffered offered, View view, TimeSpan now)
    {
        if (!IsActive || !view.Contains(from)) return;
        var present = _registry.Node(from.Node);
        if (present.HasToldKinds && present.Kinds.SequenceEqual(offered.Kinds)) return;
        var decision = Begin(view, now, $"{from.Node} has code for {string.Join(", ", offered.Kinds)}");
        decision.Put(present with { HasToldKinds = true, Kinds = offered.Kinds });
        Commit(decision, null);
        StartAwaited(view, now);
    }

    /// <summary>Whether members may still say their kinds, or, in a new cluster, nodes may still come.</summary>
    private bool AwaitsHosts(View view, TimeSpan now)
    {
        if (now - _activatedAt >= _profile.Silence * 2) return false;
        var hosts = ConfigurationPlanner.Hosts(view);
        var isShort = hosts.Length < ConfiguredHosts && !_registry.HasStarted;
        var isAwaiting = isShort || (_awaitsKinds && hosts.Any(m => !_registry.Node(m.Id.Node).HasToldKinds));
        _isAwaiting |= isAwaiting;
        return isAwaiting;
    }

    /// <summary>
    /// Services start when all have come and said it. Who says nothing for so long is taken at its best.
    /// </summary>
    private void StartAwaited(View view, TimeSpan now)
    {
        if (!_isAwaiting || AwaitsHosts(view, now)) return;
        _isAwaiting = false;
        Commit(Begin(view, now, "it is known which nodes can host services"), null);
    }
}
