using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Selection;

namespace Understudy.Replication.Protocol;

/// <summary>
/// The RM's own switchover. This RM hands over by asking for a view that prefers another copy of the registry; it goes
/// on until that view deposes it by the rules of selection, and the next RM finds the operation in the registry.
/// </summary>
public sealed partial class ReplicaManager
{
    private bool _isMoveAsked;

    /// <summary>This node's incarnation.</summary>
    public MemberId? Self { get; init; }

    /// <summary>Whether a new command is held, for this RM or the next.</summary>
    private bool IsFrozen => _registry.Rm.Operation is { Stage: OperationStage.Freeze };

    /// <summary>
    /// What the next view shall say of the RM, or null. Once it was asked for it can be chosen at any time, so only
    /// what takes too long is given up then.
    /// </summary>
    public RmPreference? Preference(View view)
    {
        // Not before the operation itself is committed: the next RM must know of it.
        _isMoveAsked = IsActive && IsFrozen && (_isMoveAsked || _replica.IsDrained);
        if (!_isMoveAsked || _registry.Rm.Operation is not { } operation) return null;
        if (view.MemberOn(operation.Target) is not { } target) return null;
        return new RmPreference(_generation, new RegistryCopy(target.Id.Node, target.Disk), target.Id);
    }

    /// <summary>Whether a command waits for the end of the switchover. An abort can still come in time.</summary>
    private bool IsHeld(ReplicationMessage.Request request) => IsFrozen
        && (_isMoveAsked || !CommandCodec.TryDecode(request.Body.Span, out OperatorCommand? command, out _)
            || command is not OperatorCommand.Abort);

    private void PlanMove(Decision decision)
    {
        if (Self is { } self) RmPlanner.Plan(decision, self, _generation, _profile);
    }

    private void WatchMove(View view, TimeSpan now, TimeSpan elapsed)
    {
        if (_registry.Rm.Operation is not { } operation) return;
        if (!GroupPlanner.IsOverdue(operation, elapsed, _profile)) return;
        _backOff[Registry.Name] = elapsed + _profile.Silence;
        Commit(Begin(view, now, $"the switchover took too long: {operation.Cause}"), Registry.Name);
    }
}
