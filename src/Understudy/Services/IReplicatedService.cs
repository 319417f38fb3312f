using System.Buffers;

namespace Understudy;

/// <summary>
/// A service whose state Understudy keeps on several nodes. One provider is primary: it changes the state and
/// describes each change in a checkpoint. The others receive the checkpoints and apply them in the same order.
/// </summary>
/// <remarks>
/// <para>
/// All methods of one instance are called one at a time, in <em>turns</em>, never within the node's loop. They may be
/// asynchronous. A call that takes longer than the profile's limit (30 s with <c>lan</c>), or that throws, fails the
/// provider: it is reported with the service's name, the instance is abandoned, and a new one takes its place. The
/// node and its other services go on. For what a client asked wrongly, answer; do not throw.
/// </para>
/// <para>
/// An instance begins as a spare with an empty state. It may be given a snapshot and checkpoints in any role but
/// primary. State in files or databases of your own is not rolled back: keep the state in the instance.
/// </para>
/// <example>
/// A counter of votes:
/// <code>
/// public sealed class Votes : IReplicatedService
/// {
///     private long _count;
///     private IPrimaryContext? _primary;
///
///     public ValueTask BecomePrimaryAsync(IPrimaryContext context, CancellationToken cancellationToken)
///     {
///         _primary = context;
///         return default;
///     }
///
///     public async Task&lt;long&gt; VoteAsync()
///     {
///         var context = _primary ?? throw new NotPrimaryException("votes");
///         long mine = 0;
///         await context.CheckpointAsync(() =&gt; BitConverter.GetBytes(mine = ++_count));
///         return mine; // Committed: it survives the loss of this node.
///     }
///
///     public ValueTask ApplyCheckpointAsync(
///         ReadOnlyMemory&lt;byte&gt; checkpoint, long number, int format, CancellationToken cancellationToken)
///     {
///         _count = BitConverter.ToInt64(checkpoint.Span);
///         return default;
///     }
///
///     public ValueTask SaveSnapshotAsync(IBufferWriter&lt;byte&gt; destination, CancellationToken cancellationToken)
///     {
///         destination.Write(BitConverter.GetBytes(_count));
///         return default;
///     }
///
///     public ValueTask LoadSnapshotAsync(ReadOnlySequence&lt;byte&gt; snapshot, CancellationToken cancellationToken)
///     {
///         _count = snapshot.IsEmpty ? 0 : BitConverter.ToInt64(snapshot.ToArray());
///         return default;
///     }
/// }
/// </code>
/// </example>
/// </remarks>
public interface IReplicatedService
{
    /// <summary>
    /// The format of the checkpoints that this code makes; given to <see cref="ApplyCheckpointAsync"/> with each.
    /// Default 0. Raise it when the meaning of the bytes of checkpoints or snapshots changes, and go on reading the
    /// older ones. A provider that is given a greater one than its own refuses to take part, and the status says why:
    /// exchange the programs of the secondaries first, and the primary's last.
    /// </summary>
    int CheckpointFormat => 0;

    /// <summary>
    /// Whether equal states give equal snapshots, byte for byte, on every node. Default true: then an audit compares
    /// the providers' snapshots (once a day, and when an operator asks), and one that differs from the primary's is
    /// reported and brought up anew. Write snapshots in an order of your own (sorted, not as a
    /// <see cref="Dictionary{TKey, TValue}"/> enumerates), without clocks, addresses or the node's name. If that cannot
    /// be, say false: the service is not audited.
    /// </summary>
    bool HasComparableSnapshots => true;

    /// <summary>
    /// This provider is primary now, with every checkpoint applied that may ever have been acknowledged. Requests are
    /// given to it when this returns.
    /// </summary>
    /// <param name="context">What a primary works with, until it is demoted.</param>
    /// <param name="cancellationToken">The same as <see cref="IPrimaryContext.Demoted"/>.</param>
    ValueTask BecomePrimaryAsync(IPrimaryContext context, CancellationToken cancellationToken) => default;

    /// <summary>
    /// This provider is a secondary now: it is in sync, and may become primary. If it was primary, its changes that
    /// were not committed are undone next, by <see cref="LoadSnapshotAsync"/> and
    /// <see cref="ApplyCheckpointAsync"/>.
    /// </summary>
    ValueTask BecomeSecondaryAsync(CancellationToken cancellationToken) => default;

    /// <summary>This provider is a spare now: it cannot become primary before it is brought up.</summary>
    ValueTask BecomeSpareAsync(CancellationToken cancellationToken) => default;

    /// <summary>Makes a change that a primary described. Each is given once, in order.</summary>
    /// <param name="checkpoint">The bytes that the primary gave. Valid for ever; do not change them.</param>
    /// <param name="number">The checkpoint's number; grows, but not by one each: some are the framework's own.</param>
    /// <param name="format">The primary's <see cref="CheckpointFormat"/> at the time.</param>
    /// <param name="cancellationToken">Cancelled when the node stops.</param>
    ValueTask ApplyCheckpointAsync(
        ReadOnlyMemory<byte> checkpoint, long number, int format, CancellationToken cancellationToken);

    /// <summary>
    /// Captures the whole state: takes hold of it as it is now, without copying it, and returns a function that writes
    /// it as <see cref="SaveSnapshotAsync"/> would. Default null: then that one is called instead, and the service does
    /// nothing else until it returns, which for a large state (some 100 MB) is a pause that clients notice.
    /// </summary>
    /// <remarks>
    /// The function runs on a thread of its own, beside the further calls of this service. What it writes must
    /// therefore never change: keep values that are replaced and not altered, and capture them by copying the
    /// references. If it throws, the provider has failed. Services of collections
    /// (<see cref="ReplicatedStateService"/>) do this already.
    /// </remarks>
    /// <returns>The function, called once; null if the state cannot be captured.</returns>
    /// <example>
    /// <code>
    /// public Action&lt;IBufferWriter&lt;byte&gt;&gt; CaptureSnapshot()
    /// {
    ///     byte[][] rows = [.. _rows]; // Rows are replaced, never altered.
    ///     return destination =&gt;
    ///     {
    ///         foreach (var row in rows) destination.Write(row);
    ///     };
    /// }
    /// </code>
    /// </example>
    Action<IBufferWriter<byte>>? CaptureSnapshot() => null;

    /// <summary>
    /// Writes the whole state. Nothing changes it through the framework meanwhile. Equal states must give equal bytes,
    /// unless <see cref="HasComparableSnapshots"/> is false.
    /// </summary>
    /// <param name="destination">Where to; up to 2 GB.</param>
    /// <param name="cancellationToken">Cancelled when the node stops.</param>
    ValueTask SaveSnapshotAsync(IBufferWriter<byte> destination, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the whole state by one that <see cref="SaveSnapshotAsync"/> wrote on some node. Also used to undo what
    /// a deposed primary had changed and not committed.
    /// </summary>
    /// <param name="snapshot">The bytes; none at all for the empty state.</param>
    /// <param name="cancellationToken">Cancelled when the node stops.</param>
    ValueTask LoadSnapshotAsync(ReadOnlySequence<byte> snapshot, CancellationToken cancellationToken);

    /// <summary>
    /// Handles, at the primary, a request that came to any node's gateway. The answer leaves when the checkpoint, and
    /// everything before it, is committed. A change that is sent again is not handled again: it gets the same answer.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">The same as <see cref="IPrimaryContext.Demoted"/>.</param>
    /// <returns>
    /// The answer, and the change as a checkpoint; a request that reads must have none. By default a refusal.
    /// </returns>
    ValueTask<ServiceOutcome> HandleRequestAsync(ServiceRequest request, CancellationToken cancellationToken) =>
        new(ServiceOutcome.Refuse($"{GetType().Name} takes no requests: it does not implement HandleRequestAsync."));
}
