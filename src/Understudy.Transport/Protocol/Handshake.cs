using Understudy.Kernel;

namespace Understudy.Transport.Protocol;

/// <summary>What two transports say to each other before any frame of a layer.</summary>
internal abstract record Handshake
{
    private Handshake()
    {
    }

    /// <summary>The first frame on every connection, from the one who dialled.</summary>
    /// <param name="Purpose">What the connection is for.</param>
    /// <param name="ClusterName">The cluster that the sender is configured for.</param>
    /// <param name="From">Who the sender is.</param>
    /// <param name="To">Whom the sender means to reach.</param>
    public sealed record Hello(HelloPurpose Purpose, string ClusterName, PeerIdentity From, NodeId To) : Handshake;

    /// <summary>The answer to a Hello: go on.</summary>
    public sealed record Accepted(string ClusterName, PeerIdentity From) : Handshake;

    /// <summary>The last frame on a connection, from the one who was dialled: why it is closed.</summary>
    public sealed record Refused(RefusalCode Code, string Text) : Handshake;
}

/// <summary>What a connection is for.</summary>
internal enum HelloPurpose : byte
{
    /// <summary>It will carry the dialling node's frames.</summary>
    Channel = 0,

    /// <summary>It asks only who answers, and is closed then.</summary>
    Probe = 1,
}

/// <summary>Why a node closes a connection. The numbers are part of the wire format.</summary>
internal enum RefusalCode : byte
{
    WrongClusterName = 1,
    WrongClusterId = 2,
    WrongDestination = 3,
    UnknownNode = 4,

    /// <summary>Another live process has the node id.</summary>
    DuplicateNodeId = 5,

    /// <summary>Bytes that are no sound frame or message, or too many of them.</summary>
    Damaged = 6,

    /// <summary>The node is between two incarnations: dial again.</summary>
    NotReady = 7,
}
