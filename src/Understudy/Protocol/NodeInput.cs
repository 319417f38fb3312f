using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Transport;

namespace Understudy.Protocol;

/// <summary>What can happen to a node. One input is one turn of its loop (the patent's local lock).</summary>
public abstract record NodeInput
{
    private NodeInput()
    {
    }

    /// <summary>Time has passed. Comes every <see cref="Profile.Tick"/>, late when the node was late.</summary>
    public sealed record Tick : NodeInput
    {
        public static readonly Tick Instance = new();
    }

    /// <summary>
    /// All that had come was given: what replicas gathered meanwhile leaves. Comes after every input, or after several
    /// that came at one time.
    /// </summary>
    public sealed record BatchEnded : NodeInput
    {
        public static readonly BatchEnded Instance = new();
    }

    /// <summary>A channel to a peer is open in both directions and its handshake is done.</summary>
    public sealed record ChannelUp(PeerIdentity Peer) : NodeInput;

    /// <summary>A channel that was up has broken or was closed.</summary>
    public sealed record ChannelLost(MemberId Peer) : NodeInput;

    /// <summary>A probe got no answering handshake from this incarnation (agreement.md 2.3, E1).</summary>
    public sealed record ProbeFailed(MemberId Peer) : NodeInput;

    /// <summary>A message arrived on the channel from a peer.</summary>
    public sealed record Received(MemberId From, Message Message) : NodeInput;

    /// <summary>Every write of this file up to and with this ticket is durable.</summary>
    public sealed record Flushed(StoreFile File, long Ticket) : NodeInput;

    /// <summary>A client's request has come to this node's gateway.</summary>
    /// <param name="Number">Names the request to the gateway; answered with the same number, once.</param>
    /// <param name="Service">The service it is for.</param>
    /// <param name="Body">What the service understands.</param>
    /// <param name="IsRead">True if it changes nothing and so may be sent again freely.</param>
    /// <param name="IdempotencyKey">The client's own id of the request, or null.</param>
    /// <param name="HoldFor">How long the request may be held before it is answered as unavailable.</param>
    public sealed record Requested(
        long Number,
        ServiceName Service,
        ReadOnlyMemory<byte> Body,
        bool IsRead,
        string? IdempotencyKey,
        TimeSpan HoldFor) : NodeInput
    {
        /// <summary>False for a change without a key: sent again under another name, it might happen twice.</summary>
        public bool MayBeRepeated => IsRead || IdempotencyKey is not null;
    }

    /// <summary>An operator gives a command, on any node.</summary>
    /// <param name="Number">Names the command to the shell; answered with the same number, once.</param>
    /// <param name="Command">What is asked for.</param>
    /// <param name="IdempotencyKey">The operator's own id of the command, or null.</param>
    /// <param name="HoldFor">How long it may wait for an RM before it is answered as unavailable.</param>
    public sealed record CommandGiven(
        long Number, OperatorCommand Command, string? IdempotencyKey, TimeSpan HoldFor) : NodeInput;

    /// <summary>The gateway's client has gone: its request need not be answered.</summary>
    public sealed record RequestAbandoned(long Number) : NodeInput;

    /// <summary>The executor of a service reports.</summary>
    public sealed record Reported(ServiceName Service, ServiceReport Report) : NodeInput;

    /// <summary>A run of a worker has ended: none of its code runs any more.</summary>
    /// <param name="Service">The exclusive service.</param>
    /// <param name="Run">The run's number in this incarnation.</param>
    /// <param name="End">How it ended.</param>
    /// <param name="Reason">Why it failed; else empty.</param>
    public sealed record WorkerEnded(ServiceName Service, long Run, WorkerEnd End, string Reason) : NodeInput;

    /// <summary>The operator asks the node to hand over its primaries and leave.</summary>
    public sealed record StopRequested : NodeInput;

    /// <summary>
    /// The gateway takes no more requests, and those it took are answered: a node that is stopping may leave.
    /// </summary>
    public sealed record ClientsDrained : NodeInput;
}
