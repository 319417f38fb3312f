using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

/// <summary>
/// One voter's memory of one instance: what it promised and accepted (single-decree Paxos, agreement.md 2.5). What it
/// answers must be durable before the answer leaves; <see cref="Record"/> is what to write.
/// </summary>
public sealed class ViewAcceptor(AcceptorRecord record)
{
    /// <summary>The state to be written before an answer that depends on it is sent.</summary>
    public AcceptorRecord Record { get; private set; } = record;

    /// <summary>True if a view is accepted for the instance and not yet known to be chosen.</summary>
    public bool HasAccepted => Record.AcceptedView is not null;

    public static ViewAcceptor Blank() => new(new AcceptorRecord(new Epoch(1), null, null, null, 0));

    /// <summary>A view was learned: the instance after it is the one to decide.</summary>
    public void MoveTo(Epoch instance)
    {
        if (instance <= Record.Instance) return;
        Record = new AcceptorRecord(instance, null, null, null, Record.WriteCounter);
    }

    /// <summary>Promises the ballot if nothing higher was promised.</summary>
    /// <returns>True if promised; the record has changed and must be written.</returns>
    public bool TryPromise(Ballot ballot)
    {
        Invariant.Holds(ballot.Round > 0, "OneView: ballot 0 needs no promise");
        if (Record.Promised is { } promised && ballot <= promised) return false;
        Record = Record with { Promised = ballot, WriteCounter = Record.WriteCounter + 1 };
        return true;
    }

    /// <summary>Accepts the view if nothing higher was promised.</summary>
    /// <returns>True if accepted; the record has changed and must be written.</returns>
    public bool TryAccept(Ballot ballot, View view)
    {
        Invariant.Holds(view.Epoch == Record.Instance, "OneView: a view is accepted for its own instance");
        if (Record.Promised is { } promised && ballot < promised) return false;
        Invariant.Holds(
            Record.AcceptedBallot != ballot || Record.AcceptedView!.Equals(view),
            "OneView: a ballot carries one value");
        Record = Record with
        {
            Promised = ballot,
            AcceptedBallot = ballot,
            AcceptedView = view,
            WriteCounter = Record.WriteCounter + 1,
        };
        return true;
    }
}
