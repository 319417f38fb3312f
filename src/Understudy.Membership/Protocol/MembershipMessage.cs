using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Transport;

namespace Understudy.Membership.Protocol;

/// <summary>What membership monitors say to each other (agreement.md 2.2).</summary>
public abstract record MembershipMessage : Message
{
    private MembershipMessage()
    {
    }

    /// <summary>Sent to every watched node each <see cref="Profile.Heartbeat"/>, and at once on new evidence.</summary>
    /// <param name="SentAt">The sender's clock in ticks; comes back in the answer and starts the lease.</param>
    /// <param name="Cluster">The sender's cluster, or null while it is blank.</param>
    /// <param name="Epoch">The latest view it has learned.</param>
    /// <param name="IsMember">Whether the sender's incarnation is in that view; if not, it asks to be admitted.</param>
    /// <param name="WriteCounter">How many acceptor records it has durably written.</param>
    /// <param name="SeenWriteCounter">The highest such counter it has seen of the receiver's disk.</param>
    /// <param name="Progress">A number that grows while the sender's disk answers.</param>
    /// <param name="IsWaiting">Whether the sender waits for its disk.</param>
    /// <param name="IsLate">Whether the sender was itself late just now; its accusations do not count.</param>
    /// <param name="Heard">The nodes it heard within its silence limit: its row of the connectivity matrix.</param>
    /// <param name="Accused">All that it holds against members of its view.</param>
    public sealed record Heartbeat(
        long SentAt,
        ClusterId? Cluster,
        Epoch Epoch,
        bool IsMember,
        ulong WriteCounter,
        ulong SeenWriteCounter,
        long Progress,
        bool IsWaiting,
        bool IsLate,
        ImmutableArray<NodeId> Heard,
        ImmutableArray<Accusation> Accused) : MembershipMessage;

    /// <summary>Answers a heartbeat; granted means the sender promises a view lease to the receiver.</summary>
    public sealed record HeartbeatAnswer(long SentAt, Epoch Epoch, bool IsGranted) : MembershipMessage;

    /// <summary>Phase 1: asks for a promise to accept nothing below the ballot.</summary>
    public sealed record Prepare(Epoch Instance, Ballot Ballot) : MembershipMessage;

    /// <summary>The promise, with what was accepted before, if anything.</summary>
    public sealed record Promise(Epoch Instance, Ballot Ballot, Ballot? AcceptedBallot, View? AcceptedView)
        : MembershipMessage;

    /// <summary>Phase 2: asks to accept this view.</summary>
    public sealed record Accept(Epoch Instance, Ballot Ballot, View View) : MembershipMessage;

    /// <summary>Accepted, durably. Tells how long the leases granted to evicted members may still run.</summary>
    public sealed record Accepted(
        Epoch Instance, Ballot Ballot, ulong ViewHash, ImmutableArray<RemainingLease> Remaining) : MembershipMessage;

    /// <summary>Not accepted or promised: a higher ballot has the acceptor's promise.</summary>
    public sealed record Refused(Epoch Instance, Ballot Ballot, Ballot Promised) : MembershipMessage;

    /// <summary>This view was chosen.</summary>
    public sealed record Decided(View View, ImmutableArray<RemainingLease> Fences) : MembershipMessage;

    /// <summary>Asks for the latest view if it is newer than this epoch.</summary>
    public sealed record PullView(Epoch From) : MembershipMessage;

    /// <summary>The sender leaves in order: it serves nothing more and its lease is released.</summary>
    public sealed record Leave : MembershipMessage;

    /// <summary>Asks a voter whether a version of the view's attachment is still the latest, for the sender.</summary>
    public sealed record CurrencyAsked(long Token, long Version) : MembershipMessage;

    /// <summary>
    /// The answer: current only if the voter's latest view has that version and the asker as a member, and it has
    /// accepted nothing for the next instance.
    /// </summary>
    public sealed record CurrencyAnswered(long Token, bool IsCurrent) : MembershipMessage;

    /// <summary>To the node itself, after the flush: so many acceptor records are durable. Never on the wire.</summary>
    internal sealed record RecordsDurable(ulong WriteCounter) : MembershipMessage;
}

/// <summary>How long a lease that an acceptor granted to a member may still run.</summary>
public sealed record RemainingLease(MemberId Member, TimeSpan Remaining);
