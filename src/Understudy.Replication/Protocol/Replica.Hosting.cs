using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// The seam to a service's own code. A hosted state lives in an executor outside the node's loop: the replica tells
/// it in order what to do, and hears later what came of it. The replica alone decides what is committed.
/// </summary>
public sealed partial class Replica
{
    private readonly HostedState? _hosted;
    private readonly OnceOnlyState? _inLoop;
    private Lineage _lineage;

    /// <summary>A replica whose state is kept by an executor.</summary>
    public Replica(
        ServiceName service,
        MemberId self,
        bool isDurable,
        StoredReplica? stored,
        Profile profile,
        Mutation mutations)
        : this(service, self, isDurable, null, new HostedState(), stored, profile, mutations)
    {
    }

    /// <summary>
    /// This copy is given up, and a copy of the next lineage takes its place: empty, or with all that is in this one.
    /// What the code of this one still says does not count.
    /// </summary>
    /// <param name="stream">The next lineage's stream.</param>
    /// <param name="isCopied">Whether it begins with what is here.</param>
    /// <param name="effects">What the next one asks for is added here.</param>
    public Replica BeginLineage(ServiceName stream, bool isCopied, List<ReplicaEffect> effects)
    {
        Stand(Version);
        EndCode();
        var copy = isCopied ? new StoredReplica(_snapshot, EntriesTo(LastSequence)) : null;
        var next = new Replica(stream, _self, _isDurable, null, _hosted!.Next(), copy, _profile, _mutations)
        {
            KeepKeysFor = KeepKeysFor,
        };
        next.Begin(_now, effects);
        if (copy is null) return next;
        if (copy.Snapshot is { } snapshot) next.Write(new StoreWrite.PutSnapshot(stream, snapshot));
        if (!copy.Entries.IsEmpty) next.Write(new StoreWrite.AppendEntries(stream, copy.Entries));
        return next;
    }

    /// <summary>Whether it is primary, and its state's code has said that it is.</summary>
    public bool IsServing => IsPrimary && (_hosted?.IsServing ?? true);

    /// <summary>Takes what the executor says.</summary>
    /// <returns>True if the service has just become primary.</returns>
    public bool OnReport(ServiceReport report)
    {
        var isPresent = _hosted!.Take(report);
        switch (report)
        {
            case ServiceReport.BecamePrimary: return isPresent && IsServing;
            case ServiceReport.Offered offered:
                OnOffered(offered, isPresent || (IsPrimary && !Allows(Mutation.OfferAcceptedInOlderVersion)));
                break;
            case ServiceReport.ConfirmationWanted wanted when isPresent && IsPrimary:
                _confirming.Enqueue((wanted.Token, wanted.Sequence, JoinRound()));
                Hurry();
                IsBatchOpen = true;
                break;
            case ServiceReport.SnapshotSaved saved when isPresent: OnSaved(saved); break;
            case ServiceReport.Applied when isPresent: OnApplied(); break;
            case ServiceReport.Audited audited when isPresent: OnAuditReported(audited); break;
            default: break; // Said in an earlier assignment; or the node's to act on.
        }

        return false;
    }

    /// <summary>
    /// The view lease is about to end: the service's code stops being primary in time, though the configuration still
    /// names this replica. What was offered stays in the log; what was offered too late is undone at once, as a
    /// snapshot may be asked for before the lease is renewed.
    /// </summary>
    public void Pause()
    {
        if (!IsPrimary || _hosted is not { IsLeading: true } hosted) return;
        hosted.Follow(_effects);
        hosted.RollBack(LastSequence, _snapshot, EntriesTo(LastSequence), _effects);
    }

    /// <summary>Whether it is primary and its code was told to stop.</summary>
    public bool IsPaused => IsPrimary && _hosted is { IsLeading: false };

    /// <summary>The lease is renewed: the service's code is primary again, with all that is in the log.</summary>
    public void GoOn()
    {
        if (IsPrimary && _hosted is { IsLeading: false } hosted) hosted.Lead(Version, _lineage, LastSequence, _effects);
    }

    /// <summary>A replica that is not primary is a secondary, if it is in sync, or a spare.</summary>
    public void TellStanding(bool isInSync)
    {
        if (IsPrimary || _hosted is not { } hosted) return;
        // What the disk has is loaded now and not at the next commit: there may be none before this one is to lead.
        hosted.Start(_snapshot, _effects);
        hosted.Stand(isInSync, _effects);
    }

    /// <summary>
    /// The service's code failed: a new instance takes over where it was, in the same role. If that was stopped for the
    /// view lease, it waits for the lease too.
    /// </summary>
    public void StartAnew(bool isInSync)
    {
        if (_hosted is not { } hosted) return;
        var isLeading = hosted.IsLeading;
        hosted.StartAnew(_effects);
        _applied = _snapshot?.Sequence ?? 0;
        hosted.Start(_snapshot, _effects);
        ApplyTo(IsPrimary ? LastSequence : Committed);
        if (isLeading) hosted.Lead(Version, _lineage, LastSequence, _effects);
        else hosted.Stand(isInSync, _effects);
    }

    /// <summary>The service is no more: its code ends, and what it says after that does not count.</summary>
    public void EndCode() => _hosted?.StartAnew(_effects);

    private void OnOffered(ServiceReport.Offered offered, bool isAccepted)
    {
        if (!isAccepted)
        {
            foreach (var answer in offered.Answers) _effects.Add(new ReplicaEffect.GiveUp(answer.Id, Version));
            return;
        }

        Invariant.Holds(
            offered.FirstSequence == LastSequence + 1 || offered.Checkpoints.IsEmpty || _mutations != Mutation.None,
            $"NothingLost: {_service} offers checkpoint {offered.FirstSequence} after {LastSequence}");
        foreach (var checkpoint in offered.Checkpoints) Append(checkpoint);
        var round = !IsPeriodic && offered.Answers.Any(answer => answer.IsRead) ? JoinRound() : 0;
        foreach (var answer in offered.Answers)
        {
            if (answer.Kind != AnswerKind.Done)
            {
                _effects.Add(new ReplicaEffect.Refuse(answer.Id, answer.Kind, answer.Body, Version));
                continue;
            }

            var isAhead = answer.IsRead && !Allows(Mutation.ReadUncommitted);
            WaitFor(new Waiting(answer.Id, answer.Body, isAhead ? 0 : answer.Sequence, answer.IsRead ? round : 0));
        }
    }

    private void OnSaved(ServiceReport.SnapshotSaved saved)
    {
        if (saved.Sequence <= _log.BaseSequence) return;
        Invariant.Holds(_log.Knows(saved.Sequence), $"NothingLost: a snapshot of {_service} is of what is in the log");
        _pendingSnapshot = new Snapshot(_log.VersionAt(saved.Sequence), saved.Sequence, saved.State);
        ConsiderSnapshot();
    }

    private ImmutableArray<LogEntry> EntriesTo(long sequence) =>
        _log.From(_log.BaseSequence + 1, checked((int)(sequence - _log.BaseSequence)), int.MaxValue);
}
