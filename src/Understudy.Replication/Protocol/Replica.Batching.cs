using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// A batch is what comes to the node's loop at one time. What its inputs add to the log leaves at its end: one message
/// to each follower, one write, one acknowledgement of this replica's own, one round for all reads. In mode periodic it
/// stays until it is due.
/// </summary>
public sealed partial class Replica
{
    private readonly ImmutableArray<LogEntry>.Builder _unwritten = ImmutableArray.CreateBuilder<LogEntry>();
    private bool _isOwnWordDue;

    /// <summary>Whether something waits for <see cref="EndBatch"/>.</summary>
    public bool IsBatchOpen { get; private set; }

    /// <summary>Nothing more comes at this time: what the batch has gathered leaves, and what can be commits.</summary>
    public void EndBatch()
    {
        IsBatchOpen = false;
        if (Role != ReplicaRole.Primary)
        {
            WriteAppended();
            return;
        }

        if (IsDue) CloseBatch();
        foreach (var follower in _followers.Values) Pump(follower);
        Advance();
    }

    private void CloseBatch()
    {
        WriteAppended();
        NoteUnderWay();
        if (!_isOwnWordDue) return;
        _isOwnWordDue = false;
        SendWhenDurable(_self, new ReplicationMessage.Appended(_service, Version, true, _log.LastSequence, Round: 0));
    }

    /// <summary>Whatever rests on what was appended is asked for after it is to be written.</summary>
    private void WriteAppended()
    {
        if (_unwritten.Count == 0) return;
        _effects.Add(new ReplicaEffect.Write([new StoreWrite.AppendEntries(_service, _unwritten.ToImmutable())]));
        _unwritten.Clear();
    }
}
