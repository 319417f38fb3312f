using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Which kinds of services the nodes have code for: kept in the registry, so that a new RM knows at once. A new cluster
/// waits a moment for all to say so, lest its services start on nodes that cannot run them.
/// </summary>
public sealed partial class ReplicaManager
{
    private readonly bool _awaitsKinds;
    private bool _isAwaiting;

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

    private bool AwaitsKinds(View view, TimeSpan now) => _isAwaiting = _awaitsKinds
        && now - _activatedAt < _profile.Silence * 2
        && ConfigurationPlanner.Hosts(view).Any(m => !_registry.Node(m.Id.Node).HasToldKinds);

    /// <summary>Services start when all have said it. Who says nothing for so long is taken at its best.</summary>
    private void StartAwaited(View view, TimeSpan now)
    {
        if (!_isAwaiting || AwaitsKinds(view, now)) return;
        Commit(Begin(view, now, "it is known which nodes have code for what"), null);
    }
}
