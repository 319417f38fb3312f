using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Protocol;

/// <summary>Operators' commands: requests to the registry, held and sent again as clients' requests are.</summary>
public sealed partial class Node
{
    private void OnCommandGiven(NodeInput.CommandGiven given)
    {
        var asked = new NodeInput.Requested(
            given.Number,
            Registry.Name,
            CommandCodec.Encode(given.Command),
            IsRead: false,
            given.IdempotencyKey,
            given.HoldFor);
        _router.Manager = _selection.Outcome?.Winner;
        if (_router.TrySend(_router.Take(asked, _now), Map, _now) is { } due) SendRequest(due.To, due.Request);
    }

    private void AnswerCommand(long number, ReplicationMessage.Answer answer)
    {
        if (answer.Kind == AnswerKind.KeyReused)
        {
            _effects.Add(new NodeEffect.AnswerCommand(number, CommandAnswer.Refused(
                "The command's key was used before with another command. Use a new key.")));
            return;
        }

        if (!CommandCodec.TryDecode(answer.Body.Span, out CommandAnswer? told, out var reason))
        {
            told = new CommandAnswer(CommandOutcome.Unavailable, $"The RM's answer was not understood: {reason}.");
        }

        _effects.Add(new NodeEffect.AnswerCommand(number, told));
    }

    private void AnswerUnavailable(HeldRequest expired)
    {
        var service = expired.Asked.Service;
        if (service == Registry.Name)
        {
            var why = FirstReason() is { } first ? $" ({first})" : "";
            _effects.Add(new NodeEffect.AnswerCommand(expired.Asked.Number, new CommandAnswer(
                CommandOutcome.Unavailable,
                $"No replica manager answered in time{why}. The command may be carried out or not: look at the status, "
                + "or give the same command again under the same key.")));
        }
        else if (IsUnknown(service))
        {
            AnswerClient(expired, ReplyOutcome.UnknownService, $"There is no service {service}.");
        }
        else
        {
            var isUnknown = _router.IsUnknown(expired);
            AnswerClient(
                expired,
                isUnknown ? ReplyOutcome.Unknown : ReplyOutcome.Unavailable,
                $"{WhyHeld(expired)} It has waited as long as it may: seconds in [service.{service}.hold]."
                + WhatBecame(expired, isUnknown));
        }
    }

    private static string WhatBecame(HeldRequest expired, bool isUnknown)
    {
        if (isUnknown) return " Whether the change was made is not known.";
        return expired.Asked.MayBeRepeated ? "" : " The change was not made.";
    }

    /// <summary>Whether there is no such service for clients. Until a map has come there may be any.</summary>
    private bool IsUnknown(ServiceName service) =>
        service == Registry.Name || (Map.IsDecided && Map.Find(service) is null);
}
