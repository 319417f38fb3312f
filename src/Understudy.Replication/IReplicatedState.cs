namespace Understudy.Replication;

/// <summary>What a service does with its state. Pure: called by the node's loop, one call at a time.</summary>
public interface IReplicatedState
{
    /// <summary>
    /// Executes a request at the primary and changes the state at once. The answer is given to the client only when
    /// the checkpoint, and everything before it, is committed.
    /// </summary>
    /// <param name="request">The service's own format.</param>
    /// <returns>The answer, and the change as a checkpoint; empty if nothing changed.</returns>
    Execution Execute(ReadOnlyMemory<byte> request);

    /// <summary>Makes the change that a checkpoint describes.</summary>
    /// <param name="checkpoint">What <see cref="Execute"/> gave.</param>
    /// <param name="sequence">Its number; some between may be missing, as they change nothing.</param>
    void Apply(ReadOnlyMemory<byte> checkpoint, long sequence);

    /// <summary>The whole state as bytes.</summary>
    ReadOnlyMemory<byte> Save();

    /// <summary>
    /// Replaces the whole state by one that <see cref="Save"/> gave; empty bytes mean the empty state.
    /// </summary>
    void Load(ReadOnlyMemory<byte> state);
}

/// <summary>What executing a request gave.</summary>
/// <param name="Answer">For the client.</param>
/// <param name="Checkpoint">For the other providers; empty if the request changed nothing.</param>
public readonly record struct Execution(ReadOnlyMemory<byte> Answer, ReadOnlyMemory<byte> Checkpoint);
