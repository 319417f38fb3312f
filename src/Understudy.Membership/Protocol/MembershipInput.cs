using Understudy.Kernel;
using Understudy.Transport;

namespace Understudy.Membership.Protocol;

/// <summary>What can happen to the membership monitor.</summary>
public abstract record MembershipInput
{
    private MembershipInput()
    {
    }

    /// <summary>Time has passed.</summary>
    /// <param name="Progress">A number that grows while this node's disk answers.</param>
    /// <param name="IsWaiting">Whether this node waits for its disk.</param>
    public sealed record Tick(long Progress, bool IsWaiting) : MembershipInput;

    public sealed record ChannelUp(PeerIdentity Peer) : MembershipInput;

    public sealed record ChannelLost(MemberId Peer) : MembershipInput;

    public sealed record ProbeFailed(MemberId Peer) : MembershipInput;

    public sealed record Received(MemberId From, MembershipMessage Message) : MembershipInput;

    /// <summary>The layer above wants its attachment changed; kept until it is no longer possible.</summary>
    public sealed record ChangeWanted(AttachmentChange Change) : MembershipInput;

    /// <summary>
    /// The layer above does not want this change any more. If it was proposed already it may still be chosen.
    /// </summary>
    public sealed record ChangeWithdrawn(AttachmentChange Change) : MembershipInput;

    /// <summary>The layer above asks a quorum of voters whether a version is still the latest.</summary>
    public sealed record CurrencyWanted(long Token, long Version) : MembershipInput;

    /// <summary>Leave in order: nothing is served here any more.</summary>
    public sealed record LeaveRequested : MembershipInput;
}

/// <summary>What the membership monitor asks for, in order.</summary>
public abstract record MembershipEffect
{
    private MembershipEffect()
    {
    }

    /// <summary>Send; if durable, only when every <see cref="Persist"/> before it is on disk.</summary>
    public sealed record Send(MemberId To, MembershipMessage Message, bool IsDurable) : MembershipEffect;

    /// <summary>Write a record to the control file.</summary>
    public sealed record Persist(string Key, ReadOnlyMemory<byte> Value) : MembershipEffect;

    /// <summary>Find out by short attempts whether this incarnation still answers.</summary>
    public sealed record Probe(MemberId Peer) : MembershipEffect;

    /// <summary>This node is blank no longer.</summary>
    public sealed record JoinCluster(ClusterId Cluster) : MembershipEffect;

    /// <summary>A view with this node in it is installed.</summary>
    /// <param name="View">The view.</param>
    /// <param name="IsConfirmed">
    /// This node itself counted a quorum of Accepted for it: that may stand for the confirmation of a win.
    /// </param>
    public sealed record Install(View View, bool IsConfirmed) : MembershipEffect;

    /// <summary>A view without this incarnation is agreed: the incarnation ends.</summary>
    public sealed record Evict(View View) : MembershipEffect;

    /// <summary>A quorum of voters has confirmed the version that was asked about with this token.</summary>
    public sealed record ConfirmCurrency(long Token) : MembershipEffect;

    /// <summary>No lease of this evicted member can still run.</summary>
    public sealed record PassFence(MemberId Member) : MembershipEffect;

    public sealed record NoteAccusation(MemberId Member, EvidenceClass Evidence) : MembershipEffect;

    public sealed record NoteProposal(Epoch Epoch, string Change) : MembershipEffect;

    public sealed record Alarm(string Text) : MembershipEffect;
}
