namespace Understudy;

/// <summary>Where a primary's changes go.</summary>
internal interface ICheckpointSink
{
    /// <summary>
    /// Takes the next checkpoint of the stream. Called in order, one at a time, under the state's lock: it must not
    /// wait or call back. If it throws at once, the checkpoint is not in the stream.
    /// </summary>
    /// <returns>
    /// Completes in the order of the calls when the checkpoint is committed, with its number. Fails if that is not
    /// known or will not happen.
    /// </returns>
    ValueTask<long> CheckpointAsync(ReadOnlyMemory<byte> checkpoint);

    /// <summary>Completes when it is certain that this node was still primary after the call; fails if it is not.</summary>
    ValueTask ConfirmAsync();
}
