using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// A switchover: the target is brought up to secondary, the primaries are frozen and drained, and one decision makes
/// the target primary of all. Until that decision it can be given up, and the old primary goes on.
/// </summary>
internal sealed partial class GroupPlanner
{
    /// <summary>How long a target may take to be brought up, in the RM's time.</summary>
    public static readonly TimeSpan BringUpLimit = TimeSpan.FromMinutes(10);

    /// <summary>Whether an operation has lasted longer than its stage may.</summary>
    public static bool IsOverdue(Operation operation, TimeSpan elapsed, Profile profile) =>
        elapsed - operation.Since > (operation.Stage == OperationStage.Freeze ? profile.Silence * 2 : BringUpLimit);

    /// <summary>The new primary is ordered if nothing is in flight any more; what cannot go on is given up.</summary>
    private void ContinueOperation()
    {
        var moving = Enumerable.Range(0, _entries.Length).Where(i => _entries[i].Operation is not null).ToList();
        if (moving.Count == 0) return;
        var operation = _entries[moving[0]].Operation!;
        var from = _entries[moving[0]].Configuration.Primary;
        var mayGoOn = from is { } primary && _decision.Contains(primary) && _decision.IsStaying(operation.Target)
            && moving.TrueForAll(i => _decision.MayHost(_entries[i], operation.Target));
        var isReady = operation.Stage == OperationStage.Freeze
            && moving.TrueForAll(i => _survivors[i].Any(p => p.Member.Node == operation.Target));
        if (operation.Stage == OperationStage.Freeze) mayGoOn &= isReady;
        var isOverdue = IsOverdue(operation, _decision.Elapsed, _profile);
        var isDrained = moving.TrueForAll(i => _decision.IsDrained(_entries[i].Definition.Name));
        // Who leaves cannot be waited for longer; what it has in flight is asked again at the new primary.
        var isForced = isOverdue && from is { } leaving && _decision.IsLeaving(leaving.Node);
        if (mayGoOn && isReady && (isDrained || isForced)) Promote(moving, operation);
        else if (!mayGoOn || isOverdue) GiveUp(moving);
    }

    private void Promote(List<int> moving, Operation operation)
    {
        foreach (var i in moving)
        {
            var target = _survivors[i].First(p => p.Member.Node == operation.Target);
            _entries[i] = _entries[i] with
            {
                Operation = null,
                Configuration = _entries[i].Configuration with { Primary = target.Member },
            };
        }

        _decision.Cause = operation.Cause;
    }

    private void GiveUp(List<int> moving)
    {
        foreach (var i in moving) _entries[i] = _entries[i] with { Operation = null };
    }

    /// <summary>
    /// Moves what may not stay: from a node that is drained or leaves, or that the rules forbid; to where the sponsor
    /// is; apart from what must be elsewhere. Else a primary stays put. One that is lost keeps none of the others
    /// apart: when it goes on, it follows them.
    /// </summary>
    private void ConsiderMove()
    {
        if (_entries.Any(e => e.Operation is not null || !e.Configuration.IsStarted)) return;
        if (_entries.Any(e => _decision.IsBackingOff(e.Definition.Name)) || _node is not { } node) return;
        if (IsHeld && !_decision.IsLeaving(node)) return;
        var common = Common();
        if (!_decision.IsStaying(node) || !_entries.All(e => _decision.MayHost(e, node)))
        {
            var others = common.Where(n => n != node).ToList();
            if (others.Count > 0) Begin(Best(others), WhyNot(node));
            return;
        }

        if (_entries.Any(e => !IsLost(e) && e.Configuration.Primary?.Node != node))
        {
            if (common.Contains(node)) Begin(node, $"its sponsor is on {node}");
            return;
        }

        var conflicts = Conflicts(node);
        if (conflicts == 0 || Array.Exists(_entries, IsLost)) return;
        var apart = common.Where(n => Conflicts(n) < conflicts && !IsFailingOn(n)).ToList();
        if (apart.Count > 0) Begin(Best(apart), $"another service on {node} shall be apart");
    }

    /// <summary>The nodes that may be primary of all: in sync for each, allowed, and staying.</summary>
    private List<NodeId> Common() =>
    [
        .. _survivors[0].Select(p => p.Member.Node).Where(n => _decision.IsStaying(n)
            && _entries.All(e => _decision.MayHost(e, n) && (IsLost(e) || e.IsInSyncOn(n)))),
    ];

    private static bool IsLost(ServiceEntry entry) => entry.Configuration is { IsStarted: true, Primary: null };

    private void Begin(NodeId target, string cause)
    {
        for (var i = 0; i < _entries.Length; i++)
        {
            if (IsLost(_entries[i]) || _entries[i].Configuration.Primary?.Node == target) continue;
            _entries[i] = _entries[i] with
            {
                Operation = new Operation(target, OperationStage.BringUp, _decision.Elapsed, cause),
            };
        }
    }

    /// <summary>As soon as every provider on the target is in sync, the group is frozen.</summary>
    private void AdvanceOperation()
    {
        for (var i = 0; i < _entries.Length; i++)
        {
            if (_entries[i].Operation is { Stage: OperationStage.BringUp } operation
                && _entries.All(e => e.Operation is null || e.IsInSyncOn(operation.Target)))
            {
                _entries[i] = _entries[i] with
                {
                    Operation = operation.Frozen(_decision.Elapsed),
                };
            }
        }
    }

    private string WhyNot(NodeId node) => _decision.IsLeaving(node) ? $"{node} is leaving"
        : _decision.IsDrainedNode(node) ? $"{node} is drained"
        : _decision.Node(node).IsQuarantined ? $"{node} is quarantined"
        : Array.Exists(_entries, e => !e.Allows(node)) ? $"the rules do not allow {node}"
        : $"{node} has no code for it";
}
