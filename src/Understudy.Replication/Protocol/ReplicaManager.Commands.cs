using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Operators' commands: requests to the registry. What a command changes and what its operator is told travel in one
/// checkpoint, so a command that is sent again, to this RM or the next, is told the same (OnceOnly).
/// </summary>
public sealed partial class ReplicaManager
{
    private View? _view;
    private TimeSpan _commandedAt;
    private RegistryChange? _obeyed;

    /// <summary>Carries a command out, or finds what was answered if it was before.</summary>
    public AnswerKind Submit(ReplicationMessage.Request request, View view, TimeSpan now)
    {
        if (!IsActive || IsHeld(request)) return AnswerKind.NotPrimary;
        (_view, _commandedAt) = (view, now);
        _obeyed = null;
        var kind = _replica.Submit(request);
        if (_obeyed is { } change) _uncommitted.Enqueue((_replica.LastSequence, change));
        return kind;
    }

    /// <summary>Within <see cref="Submit"/>: the registry hands its request back to the one who decides.</summary>
    private Execution Obey(ReadOnlyMemory<byte> request)
    {
        Invariant.Holds(IsActive, "OnePrimary: only an active RM obeys commands");
        if (!CommandCodec.TryDecode(request.Span, out OperatorCommand? command, out var reason))
        {
            return new Execution(CommandCodec.Encode(CommandAnswer.Refused($"Not understood: {reason}.")), default);
        }

        var decision = Begin(_view!, _commandedAt, $"command: {command}");
        var answer = new CommandRules(decision, _registry).Obey(command);
        if (answer.Outcome == CommandOutcome.Refused) return new Execution(CommandCodec.Encode(answer), default);
        foreach (var name in _backOff.Keys.ToList()) _backOff.Remove(name);
        var change = Plan(decision, null);
        if (change.IsEmpty) return new Execution(CommandCodec.Encode(answer), default);
        _obeyed = change;
        return new Execution(CommandCodec.Encode(answer), _registry.Change(change, _replica.LastSequence + 1));
    }
}
