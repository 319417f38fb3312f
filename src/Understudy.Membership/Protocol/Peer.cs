using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Transport;

namespace Understudy.Membership.Protocol;

/// <summary>What this node knows of another configured node in its present incarnation.</summary>
internal sealed class Peer(NodeOption option)
{
    private DiskId? _seenDisk;

    public NodeOption Option { get; } = option;

    /// <summary>Who is at the other end of the channel, or null while there is none.</summary>
    public PeerIdentity? Identity { get; private set; }

    public TimeSpan LastHeard { get; set; }

    /// <summary>Its latest heartbeat on this channel, or null.</summary>
    public MembershipMessage.Heartbeat? Heartbeat { get; private set; }

    /// <summary>When its disk last made progress or had nothing to do.</summary>
    public TimeSpan ProgressedAt { get; private set; }

    /// <summary>Since when it has asked to be admitted without a break in reach; null if it has not.</summary>
    public TimeSpan? ReachingSince { get; set; }

    /// <summary>The highest count of acceptor records seen of its disk.</summary>
    public ulong SeenWriteCounter { get; private set; }

    public bool IsUp => Identity is not null;

    public bool IsBlank => Identity is { Cluster: null } && Heartbeat is null or { Cluster: null };

    public ImmutableArray<Accusation> Accused => Heartbeat is { IsLate: false } heartbeat ? heartbeat.Accused : [];

    public void Connected(PeerIdentity identity, TimeSpan now)
    {
        // What was seen of a disk is remembered over restarts: that is how a disk that was set back is found out (H9).
        if (_seenDisk != identity.Disk) SeenWriteCounter = 0;
        _seenDisk = identity.Disk;
        Identity = identity;
        Heartbeat = null;
        LastHeard = now;
        ProgressedAt = now;
        ReachingSince = null;
    }

    public void Disconnected()
    {
        Identity = null;
        Heartbeat = null;
        ReachingSince = null;
    }

    public void Beat(MembershipMessage.Heartbeat heartbeat, TimeSpan now)
    {
        if (!heartbeat.IsWaiting || Heartbeat is null || heartbeat.Progress != Heartbeat.Progress) ProgressedAt = now;
        if (heartbeat.WriteCounter > SeenWriteCounter) SeenWriteCounter = heartbeat.WriteCounter;
        // Reordered heartbeats are normal: the newest sending time is the latest word; of two in one instant, the
        // later.
        if (Heartbeat is null || heartbeat.SentAt >= Heartbeat.SentAt) Heartbeat = heartbeat;
    }
}
