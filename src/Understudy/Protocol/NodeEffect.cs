using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Transport;

namespace Understudy.Protocol;

/// <summary>What a node asks its shell to do, in order.</summary>
public abstract record NodeEffect
{
    private NodeEffect()
    {
    }

    /// <summary>Send on the channel to this incarnation; dropped if there is no such channel.</summary>
    public sealed record Send(MemberId To, Message Message) : NodeEffect;

    /// <summary>
    /// Write these to the file, in order, and post <see cref="NodeInput.Flushed"/> with the ticket when they and all
    /// earlier ones are durable. Writes may share a flush. An error ends the process.
    /// </summary>
    public sealed record Write(StoreFile File, long Ticket, ImmutableArray<StoreWrite> Writes) : NodeEffect;

    /// <summary>
    /// Find out by short attempts whether this incarnation still answers at its registered address; post
    /// <see cref="NodeInput.ProbeFailed"/> if it does not.
    /// </summary>
    public sealed record Probe(MemberId Peer) : NodeEffect;

    /// <summary>Answer a client's request.</summary>
    public sealed record Answer(long Number, Reply Reply) : NodeEffect;

    /// <summary>
    /// Tell the executor of a service, in order; its kind says which code that is. It reports with
    /// <see cref="NodeInput.Reported"/>.
    /// </summary>
    public sealed record Instruct(ServiceName Service, string Kind, ServiceInstruction Instruction) : NodeEffect;

    /// <summary>
    /// Run a worker, if the lease still lasts then, and post <see cref="NodeInput.WorkerEnded"/> in any case. Before
    /// any of its code runs, have the process end when the lease does.
    /// </summary>
    /// <param name="Service">The exclusive service.</param>
    /// <param name="Kind">Which code that is.</param>
    /// <param name="Run">The run's number in this incarnation.</param>
    /// <param name="Version">The configuration that names this node as the one who runs it.</param>
    /// <param name="Lineage">Its lineage.</param>
    /// <param name="LeaseUntil">Until when this node may act, on its own clock, as it knows now.</param>
    public sealed record RunWorker(
        ServiceName Service,
        string Kind,
        long Run,
        ConfigurationVersion Version,
        Lineage Lineage,
        TimeSpan LeaseUntil) : NodeEffect;

    /// <summary>Cancel a run; it ends by itself, or the process does.</summary>
    public sealed record StopWorker(ServiceName Service, long Run) : NodeEffect;

    /// <summary>The view lease, within which workers run, lasts longer now.</summary>
    public sealed record ExtendRuns(TimeSpan LeaseUntil) : NodeEffect;

    /// <summary>Answer an operator's command.</summary>
    public sealed record AnswerCommand(long Number, CommandAnswer Told) : NodeEffect;

    /// <summary>
    /// This incarnation has ended. Close its channels, read the disk again when all writes are durable, and start a
    /// new incarnation in the same process.
    /// </summary>
    public sealed record EndIncarnation(string Reason) : NodeEffect;

    /// <summary>
    /// The primaries are handed over. Take no more clients' requests, answer those that are underway, and post
    /// <see cref="NodeInput.ClientsDrained"/>; until then the node stays a member.
    /// </summary>
    public sealed record HandedOver : NodeEffect;

    /// <summary>The node has left in order; the process may exit.</summary>
    public sealed record Stopped : NodeEffect;

    /// <summary>The node now belongs to this cluster; the transport refuses peers of others.</summary>
    public sealed record JoinCluster(ClusterId Cluster) : NodeEffect;

    /// <summary>Something happened that an operator may act on, or a checker may check.</summary>
    public sealed record Report(NodeEvent Event) : NodeEffect;
}

/// <summary>What a gateway tells its client.</summary>
/// <param name="Outcome">Whether the service answered.</param>
/// <param name="Body">The service's answer, or a sentence that says why there is none.</param>
/// <param name="Version">The configuration that answered.</param>
/// <param name="Node">The node whose provider answered.</param>
public sealed record Reply(ReplyOutcome Outcome, ReadOnlyMemory<byte> Body, ConfigurationVersion Version, NodeId? Node);

/// <summary>How a request ended.</summary>
public enum ReplyOutcome
{
    /// <summary>The service's primary answered and the answer is committed.</summary>
    Answered,

    /// <summary>
    /// No answer within the deadline, or too many held: try again. A change without a key was not made, and is not made
    /// later; one with a key may be made still, once.
    /// </summary>
    Unavailable,

    /// <summary>There is no such service.</summary>
    UnknownService,

    /// <summary>The idempotency key was used before with another request.</summary>
    KeyReused,

    /// <summary>The service's own code refused the request, and it had no effect; the body says why.</summary>
    Refused,

    /// <summary>
    /// A change without a key was sent to its primary, and the answer did not come: not within the deadline, or not
    /// before the node that sent it was cut off, or stopped. Whether the change takes effect is not known, and sent
    /// again it might do so twice. The body says what happened.
    /// </summary>
    Unknown,
}
