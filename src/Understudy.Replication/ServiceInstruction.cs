using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Replication.Protocol;

namespace Understudy.Replication;

/// <summary>
/// What a replica tells the executor of a hosted service, in order. The assignment numbers what the executor was last
/// told to be: what it reports in an older one does not count.
/// </summary>
public abstract record ServiceInstruction(long Assignment)
{
    /// <summary>Give the service up, whatever it does, and begin with a new one whose state is empty.</summary>
    public sealed record StartAnew(long Assignment) : ServiceInstruction(Assignment);

    /// <summary>Replace the state by that of the snapshot; null is the empty state.</summary>
    public sealed record Load(long Assignment, Snapshot? Snapshot) : ServiceInstruction(Assignment);

    /// <summary>
    /// Have the state of exactly this checkpoint. If the executor went past it alone, it loads the snapshot and
    /// applies these entries, which continue it.
    /// </summary>
    public sealed record RollBack(
        long Assignment, long Sequence, Snapshot? Snapshot, ImmutableArray<LogEntry> Entries)
        : ServiceInstruction(Assignment);

    /// <summary>Apply these checkpoints; they continue what was applied.</summary>
    public sealed record Apply(long Assignment, ImmutableArray<LogEntry> Entries) : ServiceInstruction(Assignment);

    /// <summary>
    /// Become primary, and number your checkpoints from the one after <paramref name="Sequence"/>.
    /// </summary>
    public sealed record BecomePrimary(
        long Assignment, ConfigurationVersion Version, Lineage Lineage, long Sequence)
        : ServiceInstruction(Assignment);

    /// <summary>Be a secondary from now on.</summary>
    public sealed record BecomeSecondary(long Assignment) : ServiceInstruction(Assignment);

    /// <summary>Be a spare from now on.</summary>
    public sealed record BecomeSpare(long Assignment) : ServiceInstruction(Assignment);

    /// <summary>Handle a client's request; its key, if it has one, is remembered for so long.</summary>
    public sealed record Handle(long Assignment, ReplicationMessage.Request Request, TimeSpan KeepKeysFor)
        : ServiceInstruction(Assignment);

    /// <summary>Save the whole state, and say of which checkpoint it is.</summary>
    public sealed record SaveSnapshot(long Assignment) : ServiceInstruction(Assignment);

    /// <summary>Make a checkpoint that says which digest the state has there (a primary).</summary>
    public sealed record Audit(long Assignment) : ServiceInstruction(Assignment);

    /// <summary>Say which checkpoints the state contains.</summary>
    public sealed record SayPosition(long Assignment) : ServiceInstruction(Assignment);

    /// <summary>
    /// Every checkpoint of this assignment up to this one may be acknowledged: it is committed, or the service's mode
    /// is periodic.
    /// </summary>
    public sealed record NoteReleased(long Assignment, long Sequence) : ServiceInstruction(Assignment);

    /// <summary>What was asked under this token is confirmed (linearizable reads).</summary>
    public sealed record NoteConfirmed(long Assignment, long Token) : ServiceInstruction(Assignment);
}
