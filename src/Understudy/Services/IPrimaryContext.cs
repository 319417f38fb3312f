namespace Understudy;

/// <summary>What a service's primary works with, from becoming primary until it is demoted.</summary>
public interface IPrimaryContext
{
    /// <summary>The service's name.</summary>
    string ServiceName { get; }

    /// <summary>Names this reign; a later primary's token is greater.</summary>
    FencingToken FencingToken { get; }

    /// <summary>
    /// Cancelled when this provider stops being primary: it is demoted, the node lost its membership, or its view
    /// lease is about to end (one heartbeat before, if it is not renewed). Stop acting for the service then; the
    /// provider may become primary again, with another context.
    /// </summary>
    CancellationToken Demoted { get; }

    /// <summary>
    /// Changes the state in a turn of its own and commits the change. From any thread, many at a time; those that
    /// wait share a message and a flush. Not to be awaited within one of the service's own methods, whose turn it
    /// would wait for.
    /// </summary>
    /// <param name="change">
    /// Changes the state and returns the change as bytes, for <see cref="IReplicatedService.ApplyCheckpointAsync"/>
    /// elsewhere; no bytes if it changed nothing. Must not throw once it has changed something: an exception fails
    /// the provider.
    /// </param>
    /// <returns>
    /// The checkpoint's number, once it is committed: on every in-sync provider, by its durability. Without bytes, the
    /// number of the last checkpoint before, at once. With <see cref="CheckpointMode.Periodic"/> it returns before the
    /// commit, while the bound on loss permits it; <see cref="ConfirmAsync"/> commits.
    /// </returns>
    /// <exception cref="NotPrimaryException">
    /// The provider is not primary any more. Whether the change was committed is not known; here it is undone unless
    /// it was.
    /// </exception>
    ValueTask<long> CheckpointAsync(Func<ReadOnlyMemory<byte>> change);

    /// <summary>
    /// Commits a change that a method of the service has made in its present turn. Only while such a method runs
    /// (<see cref="IReplicatedService.HandleRequestAsync"/> or
    /// <see cref="IReplicatedService.BecomePrimaryAsync"/>), between which no snapshot is taken.
    /// </summary>
    /// <param name="checkpoint">The change as bytes; not changed afterwards.</param>
    /// <returns>The checkpoint's number, once it is committed.</returns>
    /// <exception cref="InvalidOperationException">No method of the service runs.</exception>
    /// <exception cref="NotPrimaryException">As for the other overload.</exception>
    ValueTask<long> CheckpointAsync(ReadOnlyMemory<byte> checkpoint);

    /// <summary>
    /// Returns when it is sure that this provider was still the only primary after the call, and that everything it
    /// had changed before is committed: what was read from its state then is linearizable. With
    /// <see cref="CheckpointMode.Periodic"/> too, where it does not wait for the interval's end.
    /// </summary>
    /// <exception cref="NotPrimaryException">It is not primary any more.</exception>
    ValueTask ConfirmAsync();
}
