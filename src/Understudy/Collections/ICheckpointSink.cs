namespace Understudy;

/// <summary>Where a primary's changes go.</summary>
internal interface ICheckpointSink
{
    /// <summary>
    /// Runs the function in a turn of its own and puts the bytes that it returns into the stream of checkpoints; if it
    /// returns none, nothing. One function runs at a time, in the order of the calls.
    /// </summary>
    /// <returns>
    /// Completes with the checkpoint's number when it and all before it are committed, or at once if there were no
    /// bytes. Fails if the function was not run, or if it is not known whether its checkpoint is committed.
    /// </returns>
    ValueTask<long> CheckpointAsync(Func<ReadOnlyMemory<byte>> change);

    /// <summary>
    /// Completes when it is certain that this node was still primary after the call, and that all that functions had
    /// changed before it is committed; fails if it is not.
    /// </summary>
    ValueTask ConfirmAsync();
}
