using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Audits (agreement.md 4.11): the primary's code puts the digest of its state into the stream; every provider's code
/// takes its own at exactly that checkpoint; the primary compares. Also what becomes of a copy that is void.
/// </summary>
public sealed partial class Replica
{
    private readonly SortedSet<MemberId> _differing = [];
    private Audit? _audit;
    private MemberId? _auditor;
    private long _auditedAt;

    /// <summary>An audit that is under way.</summary>
    private sealed class Audit(long number, TimeSpan since)
    {
        public long Number { get; } = number;

        public TimeSpan Since { get; } = since;

        public long? Sequence { get; set; }

        public UInt128 Digest { get; set; }

        public SortedDictionary<MemberId, (long Sequence, UInt128 Digest)> Answers { get; } = [];
    }

    /// <summary>A primary begins an audit, unless one is under way. What comes of it is an effect.</summary>
    public void StartAudit(long number)
    {
        if (!IsServing || _audit is not null || _hosted is not { } hosted) return;
        if (_commitLimit != long.MaxValue) return; // Nothing is committed: no provider would come to its checkpoint.
        _audit = new Audit(number, _now);
        hosted.Audit(_effects);
    }

    /// <summary>A secondary says what its state is.</summary>
    public void OnAudited(MemberId from, ReplicationMessage.Audited said)
    {
        if (!IsPrimary || said.Version != Version || _audit is not { } audit) return;
        if (!_followers.TryGetValue(from, out var follower) || !follower.IsInSync) return;
        audit.Answers[from] = (said.Sequence, said.Digest);
        ConsiderAudit();
    }

    /// <summary>
    /// This copy is void, and no configuration counts it: it is deleted, and begins empty, as a spare's.
    /// </summary>
    public void Discard()
    {
        Invariant.Holds(!IsPrimary, "NothingLost: a primary's copy is never deleted");
        (_snapshot, _pendingSnapshot, _incoming, _withheld) = (null, null, null, null);
        _log.Reset(0, ConfigurationVersion.None);
        (Committed, _applied) = (0, 0);
        Write(new StoreWrite.RemoveReplica(_service));
        _hosted?.StartAnew(_effects);
    }

    /// <summary>This replica's own code has a digest: the primary's begins the comparison, others answer it.</summary>
    private void OnAuditReported(ServiceReport.Audited report)
    {
        if (IsPrimary && _audit is { Sequence: null } audit)
        {
            (audit.Sequence, audit.Digest) = (report.Digest is null ? 0 : report.Sequence, report.Digest ?? 0);
            Hurry();
            ConsiderAudit();
        }
        else if (!IsPrimary && _auditor is { } primary && report.Digest is { } digest)
        {
            Send(primary, new ReplicationMessage.Audited(_service, Version, report.Sequence, digest));
        }
    }

    private void ConsiderAudit()
    {
        if (_audit is not { Sequence: { } sequence } audit) return;
        var inSync = _followers.Values.Where(f => f.IsInSync).Select(f => f.Provider.Member).ToList();
        if (sequence == 0)
        {
            EndAudit(new AuditResult(audit.Number, Version, 0, 1 + inSync.Count, [], false));
            return;
        }

        if (!inSync.TrueForAll(m => audit.Answers.TryGetValue(m, out var a) && a.Sequence == sequence)) return;
        var answers = inSync.ConvertAll(m => (Member: m, audit.Answers[m].Digest));
        if (!Allows(Mutation.AuditIgnored)) answers.Clear();
        var differing = answers.Where(a => a.Digest != audit.Digest).ToList();
        var isPrimaryOdd = differing.GroupBy(a => a.Digest).Any(group => group.Count() * 2 > 1 + inSync.Count);
        ImmutableArray<MemberId> members = [.. differing.Select(a => a.Member)];
        if (!isPrimaryOdd) _differing.UnionWith(members);
        // What differs is to get the state that the primary has now, which its log may not lead to.
        if (!isPrimaryOdd && members.Length > 0)
        {
            _demanded = sequence;
            _hosted!.AskSnapshot(_effects);
        }

        EndAudit(new AuditResult(audit.Number, Version, sequence, 1 + inSync.Count, members, isPrimaryOdd));
        TellDiffering(sequence);
    }

    private void EndAudit(AuditResult result)
    {
        _audit = null;
        _auditedAt = result.Sequence;
        _effects.Add(new ReplicaEffect.NoteAudit(result));
    }

    /// <summary>Who differs is told until the configuration is without it.</summary>
    private void TellDiffering(long sequence)
    {
        foreach (var member in _differing)
        {
            Send(member, new ReplicationMessage.StateDiffered(_service, Version, sequence));
        }
    }

    /// <summary>An audit that not everybody answers is begun again, as its number still stands.</summary>
    private void TickAudit()
    {
        if (_audit is { } audit && _now - audit.Since > _profile.CallLimit) _audit = null;
        if (_differing.Count > 0) TellDiffering(_auditedAt);
    }

    private void ForgetAudit()
    {
        _audit = null;
        _differing.Clear();
    }
}
