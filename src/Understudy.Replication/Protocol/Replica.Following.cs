using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>The secondary's side, and a spare's that is being brought up.</summary>
public sealed partial class Replica
{
    private long _round;
    private ReplicationMessage.SnapshotPart? _incoming;
    private MemberId _incomingFrom;
    private byte[] _incomingBytes = [];
    private long _incomingOffset;

    /// <param name="from">The primary.</param>
    /// <param name="append">Its checkpoints.</param>
    /// <param name="adoptsNewer">
    /// Whether a newer version may be learned from its primary's checkpoints. Not for the registry, whose versions
    /// come with views alone.
    /// </param>
    public void OnAppend(MemberId from, ReplicationMessage.Append append, bool adoptsNewer)
    {
        if (append.Version > Version)
        {
            if (!adoptsNewer) return;
            Stand(append.Version);
        }

        // The seal: nothing of an older configuration is accepted. Its primary learns of the newer one in time.
        if (append.Version < Version)
        {
            if (Allows(Mutation.NoSeal)) return;
            if (Role == ReplicaRole.Primary) Demote();
            Version = append.Version;
        }

        if (Role == ReplicaRole.Primary) return;
        _auditor = from;

        if (!IsMatch(append, out var hint))
        {
            Send(from, new ReplicationMessage.Appended(_service, append.Version, IsMatched: false, hint, append.Round));
            return;
        }

        Take(append);
        var matched = append.PreviousSequence + append.Entries.Length;
        CommitTo(Math.Min(append.Committed, Math.Max(matched, _log.BaseSequence)));
        Acknowledge(from, Math.Max(matched, _log.BaseSequence), append.Round);
        ConsiderSnapshot();
    }

    /// <summary>
    /// Logs that agree on one entry's version agree on everything before it, as a version has one primary. What is
    /// below the base is committed, so it agrees too.
    /// </summary>
    private bool IsMatch(ReplicationMessage.Append append, out long hint)
    {
        hint = Math.Min(_log.LastSequence, append.PreviousSequence - 1);
        if (append.PreviousSequence > _log.LastSequence) return false;
        if (append.PreviousSequence < _log.BaseSequence) return true;
        return _log.VersionAt(append.PreviousSequence) == append.PreviousVersion;
    }

    private void Take(ReplicationMessage.Append append)
    {
        var fresh = ImmutableArray.CreateBuilder<LogEntry>();
        var writes = ImmutableArray.CreateBuilder<StoreWrite>();
        foreach (var entry in append.Entries)
        {
            if (entry.Sequence <= _log.BaseSequence) continue;
            if (entry.Sequence <= _log.LastSequence)
            {
                if (_log[entry.Sequence].Version == entry.Version) continue;
                Invariant.Holds(
                    entry.Sequence > Committed || _mutations != Mutation.None,
                    $"NothingLost: committed checkpoint {entry.Sequence} of {_service} would be replaced");
                _log.TruncateAfter(entry.Sequence - 1);
                writes.Add(new StoreWrite.TruncateAfter(_service, entry.Sequence - 1));
            }

            _log.Append(entry);
            fresh.Add(entry);
        }

        if (fresh.Count == 0) return;
        writes.Add(new StoreWrite.AppendEntries(_service, fresh.ToImmutable()));
        Write(writes.ToImmutable());
    }

    private void CommitTo(long sequence)
    {
        if (sequence <= Committed) return;
        Committed = Math.Min(sequence, _log.LastSequence);
        ApplyTo(Committed);
    }

    /// <summary>Part of a snapshot: kept until it is whole, then it replaces everything here.</summary>
    public void OnSnapshotPart(MemberId from, ReplicationMessage.SnapshotPart part, bool adoptsNewer)
    {
        if (part.Version > Version && adoptsNewer) Stand(part.Version);
        if (part.Version != Version || Role == ReplicaRole.Primary) return;
        // Another primary's snapshot of the same checkpoint may be other bytes.
        var isSame = _incoming is { } incoming && _incomingFrom == from &&
            incoming.SnapshotSequence == part.SnapshotSequence &&
            incoming.SnapshotVersion == part.SnapshotVersion && incoming.Total == part.Total;
        if (!isSame)
        {
            if (part.Offset != 0 || part.Total > Array.MaxLength) return;
            (_incoming, _incomingFrom) = (part, from);
            _incomingBytes = new byte[part.Total];
            _incomingOffset = 0;
        }

        if (part.Offset == _incomingOffset && part.Bytes.Length <= part.Total - part.Offset)
        {
            part.Bytes.Span.CopyTo(_incomingBytes.AsSpan(checked((int)part.Offset)));
            _incomingOffset += part.Bytes.Length;
        }

        if (_incomingOffset == part.Total && part.SnapshotSequence > Committed) InstallSnapshot(part);
        SendWhenDurable(from, new ReplicationMessage.SnapshotReceived(
            _service, part.Version, part.SnapshotSequence, _incomingOffset));
    }

    private void InstallSnapshot(ReplicationMessage.SnapshotPart part)
    {
        _snapshot = new Snapshot(part.SnapshotVersion, part.SnapshotSequence, _incomingBytes);
        _incomingBytes = [];
        _pendingSnapshot = null;
        _withheld = null;
        _log.Reset(part.SnapshotSequence, part.SnapshotVersion);
        _inLoop?.Load(_snapshot.State);
        _hosted?.Load(_snapshot, _effects);
        _applied = part.SnapshotSequence;
        Committed = part.SnapshotSequence;
        Write(new StoreWrite.RemoveReplica(_service), new StoreWrite.PutSnapshot(_service, _snapshot));
    }
}
