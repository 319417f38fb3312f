using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>What a replica asks for, in order.</summary>
public abstract record ReplicaEffect
{
    private ReplicaEffect()
    {
    }

    /// <summary>Send; if durable, only when every <see cref="Write"/> before it is on disk.</summary>
    public sealed record Send(MemberId To, ReplicationMessage Message, bool IsDurable) : ReplicaEffect;

    /// <summary>Write to the file that the service's journal is in.</summary>
    public sealed record Write(ImmutableArray<StoreWrite> Writes) : ReplicaEffect;

    /// <summary>A lone in-sync provider asks a voter quorum before it commits or reads (DESIGN 7).</summary>
    public sealed record AskQuorum(long Token) : ReplicaEffect;

    /// <summary>Ask the configuration's keeper to take a provider in or out.</summary>
    /// <param name="Version">The version that the wish is void outside of.</param>
    /// <param name="Provider">The provider.</param>
    /// <param name="IsIncluded">Whether it is to be in.</param>
    /// <param name="Reason">Why it is to be out.</param>
    public sealed record WantInSync(
        ConfigurationVersion Version, Provider Provider, bool IsIncluded, LeaveReason? Reason = null) : ReplicaEffect;

    /// <summary>A provider was marked joining: from now on commits and reads wait for it.</summary>
    public sealed record NoteMark(ConfigurationVersion Version, MemberId Member) : ReplicaEffect;

    /// <summary>A request's answer is committed, and confirmed if it was a read.</summary>
    public sealed record Answer(RequestId Id, ReadOnlyMemory<byte> Body, ConfigurationVersion Version) : ReplicaEffect;

    /// <summary>This replica gave up being primary; requests it had not answered are to be asked elsewhere.</summary>
    public sealed record GiveUp(RequestId Id, ConfigurationVersion Version) : ReplicaEffect;

    /// <summary>A request that was taken is refused, by what only the state knows.</summary>
    public sealed record Refuse(
        RequestId Id, AnswerKind Kind, ReadOnlyMemory<byte> Why, ConfigurationVersion Version) : ReplicaEffect;

    /// <summary>An audit of a primary has ended.</summary>
    public sealed record NoteAudit(AuditResult Result) : ReplicaEffect;

    /// <summary>Tell the executor of a service that lives outside the loop.</summary>
    public sealed record Instruct(ServiceInstruction Instruction) : ReplicaEffect;
}
