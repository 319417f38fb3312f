using System.Collections.Immutable;
using Understudy.Replication.Protocol;

namespace Understudy.Replication;

/// <summary>What the executor of a hosted service says to its replica.</summary>
/// <param name="Assignment">The one in which it says so; in any other the word does not count.</param>
public abstract record ServiceReport(long Assignment)
{
    /// <summary>The service has become primary and serves.</summary>
    public sealed record BecamePrimary(long Assignment) : ServiceReport(Assignment);

    /// <summary>
    /// Checkpoints of a primary, for all callers at once, and answers that may leave when those up to theirs are
    /// committed.
    /// </summary>
    /// <param name="Assignment">The reign in which they were made.</param>
    /// <param name="FirstSequence">The number of the first checkpoint.</param>
    /// <param name="Checkpoints">In order; may be empty.</param>
    /// <param name="Answers">In order.</param>
    public sealed record Offered(
        long Assignment,
        long FirstSequence,
        ImmutableArray<ReadOnlyMemory<byte>> Checkpoints,
        ImmutableArray<ServiceAnswer> Answers) : ServiceReport(Assignment);

    /// <summary>The whole state up to and with a checkpoint.</summary>
    public sealed record SnapshotSaved(long Assignment, long Sequence, ReadOnlyMemory<byte> State)
        : ServiceReport(Assignment);

    /// <summary>
    /// The digest of the state at the checkpoint of an audit; null if the service's snapshots cannot be compared.
    /// </summary>
    public sealed record Audited(long Assignment, long Sequence, UInt128? Digest) : ServiceReport(Assignment);

    /// <summary>The state contains the checkpoints up to this one.</summary>
    public sealed record Applied(long Assignment, long Sequence) : ServiceReport(Assignment);

    /// <summary>
    /// The service asks to hear when it is sure that it is still primary and all up to this checkpoint is committed.
    /// </summary>
    public sealed record ConfirmationWanted(long Assignment, long Token, long Sequence) : ServiceReport(Assignment);

    /// <summary>A call of the service's code takes long.</summary>
    public sealed record Slowed(long Assignment, string Call, TimeSpan Since) : ServiceReport(Assignment);

    /// <summary>The provider's program cannot read the service's checkpoints or its snapshot.</summary>
    public sealed record Refused(long Assignment, string Reason) : ServiceReport(Assignment);

    /// <summary>The provider is of no use any more: its code threw, or did not return in time.</summary>
    public sealed record Failed(long Assignment, string Reason) : ServiceReport(Assignment);
}

/// <summary>How a hosted primary answers one request.</summary>
/// <param name="Id">The request.</param>
/// <param name="Kind">How it was taken.</param>
/// <param name="Body">The answer.</param>
/// <param name="Sequence">The last checkpoint that the answer rests on.</param>
/// <param name="IsRead">Whether the answer waits for a round of confirmations too.</param>
public readonly record struct ServiceAnswer(
    RequestId Id, AnswerKind Kind, ReadOnlyMemory<byte> Body, long Sequence, bool IsRead);
