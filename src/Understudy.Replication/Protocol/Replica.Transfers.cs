using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Sending snapshots: one at a time for each node, no faster than the bound, and going on where it was after a broken
/// link or a new version: the receiver keeps what it has, and its first answer says how much that is. No newer
/// snapshot takes the place of the one that is sent before the log after it is taken too.
/// </summary>
public sealed partial class Replica
{
    private TimeSpan _nextPartAt;

    /// <summary>Whether this node's one transfer may be of this service.</summary>
    public bool MayTransfer { get; set; } = true;

    public bool IsTransferring => _followers.Values.Any(f => f.Transfer is not null);

    /// <summary>Whether a provider waits for its snapshot.</summary>
    public bool IsTransferWanted => _followers.Values.Any(f => f.IsTransferWanted);

    /// <summary>This service is next.</summary>
    public void BeginTransfer()
    {
        MayTransfer = true;
        if (_followers.Values.FirstOrDefault(f => f.IsTransferWanted) is { } follower) StartTransfer(follower);
    }

    public void OnSnapshotReceived(MemberId from, ReplicationMessage.SnapshotReceived received)
    {
        if (Role != ReplicaRole.Primary || received.Version != Version) return;
        if (!_followers.TryGetValue(from, out var follower) || follower.Transfer is not { } snapshot) return;
        if (received.SnapshotSequence != snapshot.Sequence) return;
        follower.HeardAt = _now;
        if (!follower.HasTransferAnswer)
        {
            // What it had before does not count for the rate.
            (follower.HasTransferAnswer, follower.TransferSince) = (true, _now);
            follower.TransferFrom = received.NextOffset;
        }

        if (received.NextOffset > follower.TransferOffset)
        {
            (follower.TransferOffset, follower.TransferMovedAt) = (received.NextOffset, _now);
            follower.TransferSent = Math.Max(follower.TransferSent, follower.TransferOffset);
        }

        if (follower.TransferOffset < snapshot.State.Length)
        {
            SendDueParts(follower);
            return;
        }

        follower.Transfer = null;
        follower.IsMatched = false;
        // The log may have been compacted past the snapshot meanwhile: then this starts the newer one.
        follower.Next = snapshot.Sequence + 1;
        SendAppend(follower);
    }

    /// <summary>
    /// What is sent is the last snapshot: all of it is committed, and the log continues it. Only one that commits wait
    /// for does not wait for its turn.
    /// </summary>
    private void StartTransfer(Follower follower)
    {
        Invariant.Holds(_snapshot is not null, "NothingLost: what the log lacks is in the snapshot");
        follower.IsTransferWanted = !follower.MustAcknowledge && (!MayTransfer || IsTransferring);
        if (follower.IsTransferWanted) return;
        (follower.Transfer, follower.TransferOffset, follower.HasTransferAnswer) = (_snapshot, 0, false);
        (follower.TransferSent, follower.TransferMovedAt) = (0, _now);
        follower.LastBegan = 0; // What was under way is void: the snapshot comes instead.
        SendPart(follower);
    }

    private void TickTransfer(Follower follower)
    {
        if (_now - follower.SentAt < _profile.Heartbeat || _now - follower.TransferMovedAt < _profile.Heartbeat)
        {
            SendDueParts(follower);
            return;
        }

        follower.TransferSent = follower.TransferOffset; // What was under way may be lost.
        SendPart(follower);
    }

    /// <summary>
    /// Some parts are under way at a time, so that reading, sending and taking them overlap. The first one goes alone:
    /// its answer says where to go on.
    /// </summary>
    private void SendDueParts(Follower follower)
    {
        if (!follower.HasTransferAnswer) return;
        var window = (long)ReplicaLimits.PartsUnderWay * _profile.Transfer.PartBytes;
        while (_nextPartAt <= _now
            && follower.TransferSent < follower.Transfer!.State.Length
            && follower.TransferSent - follower.TransferOffset < window)
        {
            SendPart(follower);
        }
    }

    private void SendPart(Follower follower)
    {
        var snapshot = follower.Transfer!;
        var offset = checked((int)follower.TransferSent);
        var length = Math.Min(_profile.Transfer.PartBytes, snapshot.State.Length - offset);
        var time = TimeSpan.FromSeconds((double)length / _profile.Transfer.BytesPerSecond);
        // What was not used is not saved up, but for the time between two ticks.
        var earliest = _now - _profile.Tick;
        _nextPartAt = (_nextPartAt > earliest ? _nextPartAt : earliest) + time;
        follower.SentAt = _now;
        follower.TransferSent = offset + length;
        Send(follower.Provider.Member, new ReplicationMessage.SnapshotPart(
            _service,
            Version,
            snapshot.Version,
            snapshot.Sequence,
            offset,
            snapshot.State.Length,
            snapshot.State.Slice(offset, length)));
    }

    private JoiningProgress Progress(Follower follower)
    {
        if (follower.Transfer is not { } transfer)
        {
            var percent = follower.IsMatched ? follower.Matched * 100 / Math.Max(1, _log.LastSequence) : 0;
            return new JoiningProgress(follower.Provider.Member, (int)percent);
        }

        var (bytes, total) = (follower.TransferOffset, (long)transfer.State.Length);
        var seconds = follower.HasTransferAnswer ? (_now - follower.TransferSince).TotalSeconds : 0;
        return new JoiningProgress(follower.Provider.Member, (int)(bytes * 90 / Math.Max(1, total)))
        {
            Transfer = new TransferProgress(
                bytes, total, seconds <= 0 ? 0 : (long)((bytes - follower.TransferFrom) / seconds)),
        };
    }
}
